"""Storing, reading and deleting files. The file store sees random names and, when asked, encrypted bytes only."""

import hashlib
import secrets
import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename

from aptic.audit.services import record
from aptic.documents import sealed
from aptic.documents.crypto import CannotDecrypt
from aptic.documents.errors import DocumentGone, DocumentUnreadable
from aptic.documents.models import Document
from aptic.locks import Lock, try_lock
from aptic.tenancy.principal import current

PIECE = 64 * 1024  # bytes read at a time
SWEEP = 200  # documents deleted per run


def store(
    *,
    kind: str,
    title: str,
    filename: str,
    media_type: str,
    content: bytes | Path,
    owner_id: uuid.UUID,
    reader_id: uuid.UUID | None = None,
    roles: Iterable[str] = (),
    withheld_from: uuid.UUID | None = None,
    encrypted: bool = False,
    delete_after: datetime | None = None,
) -> Document:
    """Keep a file for its owner and, if named, a second organisation; `roles` narrows to some of their members.

    `withheld_from` is a person who never opens it, and so does not make it either.
    The bytes are written first: a row never points at a file that is not there.
    """
    document = Document(
        kind=kind,
        title=title,
        owner_id=owner_id,
        reader_id=reader_id,
        roles=sorted(set(roles)),
        withheld_from=withheld_from,
        filename=get_valid_filename(filename),
        media_type=media_type,
        encrypted=encrypted,
        created_by_id=current().person_id,
        delete_after=delete_after,
    )
    written = keep(content, context=_context(document))
    document.storage_name, document.size, document.sha256 = written.storage_name, written.size, written.sha256
    try:
        with transaction.atomic():
            document.save(force_insert=True)
            record(verb="document_stored", target=document, organisation_id=owner_id)
    except Exception:
        let_go(document.storage_name)
        raise
    return document


def read(document: Document) -> bytes:
    """The whole clear content. Raises DocumentGone and DocumentUnreadable."""
    return b"".join(chunks(document))


def chunks(document: Document) -> "Content":
    """The clear content piece by piece; the first piece is checked before anything is returned.

    Raises DocumentGone and DocumentUnreadable.
    """
    if document.deleted_at:
        raise DocumentGone
    return kept(document.storage_name, context=_context(document))


class Content:
    """The pieces of an open file; `close` lets it go when nobody asks for the rest (a HEAD, a visitor who left)."""

    def __init__(self, first: bytes, rest: Generator[bytes, None, None]) -> None:
        self._pieces, self._rest = chain((first,), rest), rest

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Close the file."""
        self._rest.close()


def delete_expired(*, at: datetime | None = None) -> int:
    """Delete the files whose date is past, keep their rows; returns how many. Runs inside `as_system()`."""
    now = at or timezone.now()
    with transaction.atomic():
        if not try_lock(Lock.EXPIRE_DOCUMENTS):
            return 0
        expired = list(Document.objects.stored().filter(delete_after__lte=now).order_by("delete_after", "pk")[:SWEEP])
        for document in expired:
            let_go(document.storage_name)  # a former run may have got this far
            Document.objects.filter(pk=document.pk).update(deleted_at=now)
            record(verb="document_deleted", target=document, organisation_id=document.owner_id)
        return len(expired)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file written under a random name; size and SHA-256 are of the clear content."""

    storage_name: str
    size: int
    sha256: str


def keep(content: bytes | Path, *, context: bytes | None) -> Kept:
    """Write a file, encrypted and bound to `context` unless that is None. Its row is the caller's to write."""
    measured = _Measured(content)
    source: Iterable[bytes] = measured if context is None else sealed.seal(measured, context=context)
    secret = secrets.token_hex(20)
    with TemporaryFile() as temporary:
        for piece in source:
            temporary.write(piece)
        temporary.seek(0)
        name = default_storage.save(f"documents/{secret[:2]}/{secret}", File(temporary))
    return Kept(name, measured.size, measured.sha256.hexdigest())


def kept(storage_name: str, *, context: bytes | None) -> "Content":
    """The clear content of a kept file; its first piece is checked at once. Raises DocumentUnreadable."""
    try:
        pieces = _clear(default_storage.open(storage_name), context)
        first = next(pieces, b"")
    except (CannotDecrypt, OSError) as error:
        raise DocumentUnreadable from error
    return Content(first, pieces)


def let_go(storage_name: str) -> None:
    """Delete a kept file; silent when it is gone, which some stores would tell."""
    with suppress(FileNotFoundError):
        default_storage.delete(storage_name)


class _Measured:
    """Iterates over a content and counts and hashes what passes."""

    def __init__(self, content: bytes | Path) -> None:
        self._content = content
        self.size, self.sha256 = 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            self.size += len(piece)
            self.sha256.update(piece)
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self._content, bytes):
            yield self._content
            return
        with self._content.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _context(document: Document) -> bytes | None:
    """What an encrypted file is bound to: it opens as this document only."""
    return b"document:" + document.pk.bytes if document.encrypted else None


def _clear(stored: BinaryIO | Any, context: bytes | None) -> Generator[bytes, None, None]:
    with stored:
        if context is not None:
            yield from sealed.unseal(stored, context=context)
            return
        while piece := stored.read(PIECE):
            yield piece
