"""What strangers send: bounded while it arrives, then judged by its content, never by its name.

`Bounded` stands first among the upload handlers. It lets go of a file as soon as its form weighs too much, so that
nothing of it is kept in memory or on disk, and the rest of the form is read as usual: the page can answer.
"""

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from PIL import Image
from pypdf import PdfReader

from aptic.errors import DomainError

PAPER_MAX = 10_000_000  # bytes of one paper
PIXELS_MAX = 60_000_000  # a picture that would open to more is a trap
SIGNATURES = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}


class FileTooLarge(DomainError):
    """More than a paper ever is."""

    code = "file_too_large"
    status = 413
    message = "Ce fichier est trop lourd : 10 Mo au plus."
    next_step = "Numérisez-le en noir et blanc ou à 150 points par pouce, ou envoyez-le en plusieurs fichiers."


class NotThatKind(DomainError):
    """The content is none of the kinds that are read, whatever its name says."""

    code = "not_that_kind"
    message = "Ce fichier n’est ni un PDF, ni une image JPEG ou PNG."
    next_step = "Son nom ne suffit pas : enregistrez-le de nouveau au format PDF, puis joignez-le."


class UnreadableFile(DomainError):
    """The right kind, and broken, empty or locked by a password."""

    code = "unreadable_file"
    message = "Ce fichier ne s’ouvre pas : il est abîmé, vide ou protégé par un mot de passe."
    next_step = "Ouvrez-le sur votre appareil, enregistrez-en une copie sans mot de passe, puis joignez-la."


def takes_files(most: int) -> Callable[[Any], Any]:
    """Mark a view, outermost: the files of its form may weigh `most` bytes instead of `UPLOAD_MAX`."""

    def mark(view: Any) -> Any:
        view.upload_max = most
        return view

    return mark


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file of this form was dropped: the form itself only sees that there is none."""
    return getattr(request, "upload_too_large", False)


class Bounded(FileUploadHandler):
    """Drop what is beyond what a view takes (`UPLOAD_MAX`, or `takes_files`), all files together, and say so.

    The view is known by its address: the body is often read before it is called, for the form's token.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        match = getattr(request, "resolver_match", None)
        self._most: int = getattr(match and match.func, "upload_max", settings.UPLOAD_MAX)
        self._seen = 0  # of the whole form: it is read before anybody asks who sends it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the bytes on, up to the bound. Raises SkipFile beyond it."""
        self._seen += len(raw_data)
        if self._seen > self._most:
            if self.request is not None:
                self.request.upload_too_large = True  # type: ignore[attr-defined]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Another handler makes the file."""


def media_type_of(content: bytes) -> str:
    """What a paper is, by its content alone. Raises FileTooLarge, NotThatKind and UnreadableFile."""
    if len(content) > PAPER_MAX:
        raise FileTooLarge
    if not content:
        raise UnreadableFile
    kind = next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)
    if kind is None:
        raise NotThatKind
    try:
        whole = _is_pdf(io.BytesIO(content)) if kind == "application/pdf" else _is_picture(io.BytesIO(content), kind)
    except Exception as error:
        raise UnreadableFile from error
    if not whole:
        raise UnreadableFile
    return kind


def _is_pdf(content: BinaryIO) -> bool:
    reader = PdfReader(content, strict=False)
    return not reader.is_encrypted and len(reader.pages) > 0


def _is_picture(content: BinaryIO, kind: str) -> bool:
    with Image.open(content, formats=[FORMATS[kind]]) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            return False
        picture.verify()
    return True
