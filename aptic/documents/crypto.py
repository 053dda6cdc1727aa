"""Encryption at rest: AES-256-GCM with a ring of versioned keys (`DATA_KEYS`); the last one writes, all of them read.

Sealed bytes are: one byte of format, two of key version, twelve of nonce, then the ciphertext and its tag. The
context (what the value is and whose) is authenticated with it, so that a value moved to another row does not open.
"""

import base64
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FORMAT = b"\x01"
NONCE_BYTES = 12
HEADER_BYTES = 3
KEY_BYTES = 32


class CannotDecrypt(Exception):
    """The bytes were changed, moved to another place, or sealed with a key that the ring no longer has."""


def encrypt(content: bytes, *, context: bytes = b"") -> bytes:
    """Seal `content` for `context` with the newest key."""
    version, key = newest_key()
    header = FORMAT + version.to_bytes(2, "big")
    nonce = secrets.token_bytes(NONCE_BYTES)
    return header + nonce + AESGCM(key).encrypt(nonce, content, header + context)


def decrypt(sealed: bytes, *, context: bytes = b"") -> bytes:
    """The reverse of `encrypt`. Raises CannotDecrypt."""
    header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    if header[:1] != FORMAT or len(rest) <= NONCE_BYTES:
        raise CannotDecrypt
    key = key_of(int.from_bytes(header[1:], "big"))
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], header + context)
    except InvalidTag as error:
        raise CannotDecrypt from error


def encrypt_text(text: str, *, context: bytes) -> str:
    """Seal a short text (an IBAN, a contact) for a text column."""
    return base64.b64encode(encrypt(text.encode(), context=context)).decode()


def decrypt_text(sealed: str, *, context: bytes) -> str:
    """The reverse of `encrypt_text`. Raises CannotDecrypt."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except ValueError as error:
        raise CannotDecrypt from error
    return decrypt(raw, context=context).decode()


def newest_key() -> tuple[int, bytes]:
    """The version and key that write."""
    return _ring()[-1]


def key_of(version: int) -> bytes:
    """The key of a version. Raises CannotDecrypt when the ring does not have it (any more)."""
    try:
        return dict(_ring())[version]
    except KeyError as error:
        raise CannotDecrypt from error


def _ring() -> tuple[tuple[int, bytes], ...]:
    return _parse(tuple(settings.DATA_KEYS))


@lru_cache(maxsize=4)
def _parse(entries: tuple[str, ...]) -> tuple[tuple[int, bytes], ...]:
    ring = []
    for entry in entries:
        version, _, encoded = entry.partition(":")
        key = base64.b64decode(encoded)
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"APTIC_DATA_KEYS: key {version} must have {KEY_BYTES} bytes")
        ring.append((int(version), key))
    if not ring:
        raise ImproperlyConfigured("APTIC_DATA_KEYS is empty: nothing can be encrypted")
    return tuple(ring)
