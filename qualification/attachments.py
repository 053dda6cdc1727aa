"""The papers of an application: judged by content, encrypted, bound to their row, opened with a line in the trail."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename

from aptic.audit.services import record
from aptic.documents import services as documents
from aptic.documents.errors import DocumentGone
from aptic.documents.uploads import media_type_of
from qualification import errors
from qualification.candidacy import hold
from qualification.models import Application, ApplicationDocument
from qualification.papers import EXPIRING

MOST_PAPERS = 20
Kind = ApplicationDocument.Kind


@transaction.atomic
def attach(
    *,
    application: Application,
    kind: str,
    filename: str,
    content: bytes,
    expires_on: date | None = None,
    at: datetime | None = None,
) -> ApplicationDocument:
    """Keep a paper; one of the same kind (« autre pièce » apart) takes the place of the former.

    Raises NotEditable, FileTooLarge, NotThatKind, UnreadableFile, ExpiryMissing, AlreadyExpired and TooManyPapers.
    """
    row, now = hold(application), at or timezone.now()
    media_type = media_type_of(content)
    if kind in EXPIRING and expires_on is None:
        raise errors.ExpiryMissing(field="expires_on")
    if expires_on is not None and expires_on < timezone.localdate(now):
        raise errors.AlreadyExpired(field="expires_on")
    given = row.documents.filter(deleted_at=None)
    if given.count() >= MOST_PAPERS:
        raise errors.TooManyPapers
    if kind != Kind.OTHER:
        for former in given.filter(kind=kind):
            _drop(former, now)
    paper = ApplicationDocument(
        application=row,
        kind=kind,
        filename=get_valid_filename(filename)[-160:],
        media_type=media_type,
        expires_on=expires_on,
        uploaded_at=now,
    )
    written = documents.keep(content, context=_context(paper))
    paper.storage_name, paper.size, paper.sha256 = written.storage_name, written.size, written.sha256
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
            record(verb="application_document_added", target=row, fields=(kind,))
    except Exception:
        documents.let_go(written.storage_name)
        raise
    return paper


@transaction.atomic
def remove(*, application: Application, paper: ApplicationDocument, at: datetime | None = None) -> None:
    """Take a paper back. Raises NotEditable."""
    row = hold(application)
    for found in row.documents.filter(pk=paper.pk, deleted_at=None):
        _drop(found, at or timezone.now())
        record(verb="application_document_removed", target=row, fields=(found.kind,))


def drop_all(application: Application, now: datetime) -> None:
    """Every paper of an application that is forgotten, and what they were called. In the caller's transaction."""
    papers = ApplicationDocument.objects.filter(application=application)
    for paper in papers.filter(deleted_at=None):
        _drop(paper, now)
    papers.update(filename="")


def read(paper: ApplicationDocument) -> documents.Content:
    """The clear content, piece by piece; who opens it is in the trail. Raises DocumentGone and DocumentUnreadable."""
    if paper.deleted_at:
        raise DocumentGone
    content = documents.kept(paper.storage_name, context=_context(paper))
    record(verb="application_document_read", target=paper)
    return content


def _drop(paper: ApplicationDocument, now: datetime) -> None:
    """The row says that it existed; the bytes go once that is committed."""
    ApplicationDocument.objects.filter(pk=paper.pk).update(deleted_at=now)
    name = paper.storage_name
    transaction.on_commit(lambda: documents.let_go(name), robust=True)


def _context(paper: ApplicationDocument) -> bytes:
    return b"application-document:" + paper.pk.bytes
