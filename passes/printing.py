"""Printing a batch: its booklets as encrypted PDF files, taken by two roles, confirmed, then deleted.

A file holds `PER_FILE` booklets and is one committed step of the work: rows say which files exist, so a killed worker
resumes at the first one missing. The drawing itself is in `booklets_pdf.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.errors import NotAllowed
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.tenancy.principal import Hat, current
from passes.errors import NotPrintable
from passes.models import Batch, PrintedFile

PRINT = "passes.print"
DOCUMENT = "booklets"
ROLES = (Role.MANAGER, Role.AGENT)  # who may print, take the files and confirm
PER_FILE = 250  # booklets: two sheets each, so one file is one ream of paper
KEPT = timedelta(days=30)  # after the printing was confirmed
FORGOTTEN = timedelta(days=90)  # when nobody ever confirms: a list of bearer codes does not stay for ever


@dataclass(frozen=True, slots=True)
class Span:
    """The booklets of one file, by number, inclusive."""

    first: int
    last: int

    @property
    def booklets(self) -> int:
        """How many."""
        return self.last - self.first + 1


@transaction.atomic
def request_print(*, batch: Batch) -> Job:
    """Queue the printing of what a batch still lacks; a repeat returns the work under way.

    After the files were deleted, the operator alone may have them made again. Raises NotAllowed and NotPrintable.
    """
    _may_print(batch)
    locked = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    if live := print_jobs(locked).live().first():
        return live
    _check_printable(locked)
    if locked.print_confirmed_at is not None:
        Batch.objects.filter(pk=locked.pk).update(print_confirmed_at=None)
    record(verb="batch_print_requested", target=locked, organisation_id=locked.funder_id)
    title = f"Impression du lot {locked.pk}"
    # Its funder and the operator watch the same work, whoever of them asked.
    return jobs.start(kind=PRINT, params={"batch": locked.pk}, title=title, organisation_id=locked.funder_id)


@transaction.atomic
def confirm_print(*, batch: Batch, at: datetime | None = None) -> None:
    """The booklets are on paper and were checked: the files live thirty more days. A repeat is silent.

    Raises NotAllowed, and NotPrintable while a file is missing.
    """
    _may_print(batch)
    now = at or timezone.now()
    locked = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    if locked.print_confirmed_at is not None:
        return
    if next(missing_spans(locked), None) is not None:
        raise NotPrintable("Tous les fichiers ne sont pas prêts : attendez la fin de la préparation.")
    Batch.objects.filter(pk=locked.pk).update(print_confirmed_at=now)
    # `update` asks for no extra query per file; the date may only come nearer.
    _stored(locked).filter(Q(delete_after=None) | Q(delete_after__gt=now + KEPT)).update(delete_after=now + KEPT)
    record(
        verb="batch_print_confirmed",
        target=locked,
        fields=("print_confirmed_at",),
        organisation_id=locked.funder_id,
    )


def print_jobs(batch: Batch) -> Any:
    """The pieces of work that print a batch, the latest first."""
    return Job.objects.filter(kind=PRINT, params__batch=batch.pk).order_by("-created_at", "id")


def files_of(batch: Batch) -> QuerySet[PrintedFile]:
    """The files made for a batch, in the order of its booklets, deleted since or not."""
    return PrintedFile.objects.filter(batch=batch).select_related("document").order_by("first_number")


def missing_spans(batch: Batch) -> Iterator[Span]:
    """The files still to be made: the booklets that no file has, or whose file was deleted."""
    made = files_of(batch).filter(document__deleted_at=None).values_list("first_number", "last_number")
    first = 1
    for start, stop in [*made, (batch.booklets + 1, 0)]:
        while first < start:
            last = min(first + PER_FILE, start) - 1
            yield Span(first, last)
            first = last + 1
        first = max(first, stop + 1)


@transaction.atomic
def keep_file(*, batch: Batch, span: Span, content: bytes, at: datetime | None = None) -> PrintedFile:
    """Store one PDF, encrypted, for the funder's two roles, in the place of one deleted before."""
    now = at or timezone.now()
    document = documents.store(
        kind=DOCUMENT,
        title=f"Lot {batch.pk}, carnets {span.first} à {span.last}",
        filename=f"lot-{batch.pk}-carnets-{span.first:06d}-{span.last:06d}.pdf",
        media_type="application/pdf",
        content=content,
        owner_id=batch.funder_id,
        roles=ROLES,
        encrypted=True,
        delete_after=now + FORGOTTEN,
    )
    kept, _ = PrintedFile.objects.update_or_create(
        batch=batch,
        first_number=span.first,
        defaults={
            "funder_id": batch.funder_id,
            "last_number": span.last,
            "document": document,
            "printed_at": now,
        },
    )
    return kept


def discard(document: Document) -> None:
    """Take back the bytes of a file whose row was not committed."""
    default_storage.delete(document.storage_name)


def _stored(batch: Batch) -> QuerySet[Document]:
    return Document.objects.stored().filter(pk__in=files_of(batch).values("document"))


def _check_printable(batch: Batch) -> None:
    if batch.activated_at is None:
        raise NotPrintable("Ce lot est en cours d’émission : imprimez-le quand il sera émis.")
    if batch.expired_at is not None:
        raise NotPrintable("Ce lot est expiré : ses pass ne servent plus.")
    if next(missing_spans(batch), None) is None:
        raise NotPrintable("Les fichiers de ce lot sont déjà prêts.")
    if batch.print_confirmed_at is not None and not current().is_operator:
        raise NotPrintable("L’impression de ce lot est confirmée : seul l’opérateur peut refaire ses fichiers.")


def _may_print(batch: Batch) -> None:
    """Managers and agents of the funder, and of the operator. Raises NotAllowed."""
    principal = current()
    own = principal.hat == Hat.FUNDER and principal.organisation_id == batch.funder_id
    if not (principal.is_operator or own) or principal.role not in {"", *ROLES}:
        raise NotAllowed
