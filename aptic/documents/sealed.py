"""Encrypted files, piece by piece, so that a large one never sits in memory (the STREAM construction).

Header: format and key version as in `crypto`, then a random salt of 7 bytes. Each piece of 64 KiB is sealed with
the nonce salt + counter + "is it the last?": pieces cannot be dropped, swapped or cut off without being noticed.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aptic.documents.crypto import HEADER_BYTES, CannotDecrypt, key_of, newest_key

FORMAT = b"\x02"
SALT_BYTES = 7
PIECE = 64 * 1024
TAG_BYTES = 16


def seal(source: Iterable[bytes], *, context: bytes) -> Iterator[bytes]:
    """The encrypted file of `source`, in pieces."""
    version, key = newest_key()
    header = FORMAT + version.to_bytes(2, "big") + secrets.token_bytes(SALT_BYTES)
    cipher = AESGCM(key)
    yield header
    pieces = _pieces(source)
    piece, counter = next(pieces, b""), 0
    for following in pieces:
        yield cipher.encrypt(_nonce(header, counter, last=False), piece, context)
        piece, counter = following, counter + 1
    yield cipher.encrypt(_nonce(header, counter, last=True), piece, context)


def unseal(stored: BinaryIO, *, context: bytes) -> Iterator[bytes]:
    """The reverse of `seal`. Raises CannotDecrypt at the first piece that is not what was written."""
    header = stored.read(HEADER_BYTES + SALT_BYTES)
    if header[:1] != FORMAT or len(header) != HEADER_BYTES + SALT_BYTES:
        raise CannotDecrypt
    cipher = AESGCM(key_of(int.from_bytes(header[1:HEADER_BYTES], "big")))
    piece, counter = stored.read(PIECE + TAG_BYTES), 0
    while True:
        following = stored.read(PIECE + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(header, counter, last=not following), piece, context)
        except InvalidTag as error:
            raise CannotDecrypt from error
        if not following:
            return
        piece, counter = following, counter + 1


def _nonce(header: bytes, counter: int, *, last: bool) -> bytes:
    return header[HEADER_BYTES:] + counter.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _pieces(source: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut to `PIECE`."""
    buffer = bytearray()
    for chunk in source:
        buffer += chunk
        while len(buffer) > PIECE:
            yield bytes(buffer[:PIECE])
            del buffer[:PIECE]
    yield bytes(buffer)
