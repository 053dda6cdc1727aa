"""The attendance sheet of a session, as PDF: seven characters of each pass, the time, the service, room to sign.

Nobody's name is on it: the person signs, and the sheet stays with the actor. Whoever came with several passes of one
booklet signs once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from passes import sessions
from passes.codes import short
from passes.describe import code_keys
from passes.models import Session

SHEET = "passes.attendance"
DOCUMENT = "attendance"
LINES_TO_ADD = 3  # empty rows, for who came without a pass


@dataclass(slots=True)
class Participant:
    """One row: the passes of one booklet, and what they were used for."""

    at: datetime
    names: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    cents: int = 0


@transaction.atomic
def request_sheet(*, session: Session) -> Job:
    """Queue the making of the sheet; a repeat returns the work under way."""
    Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)  # two touches at once: one sheet
    if live := sheet_jobs(session).live().first():
        return live
    title = f"Feuille d’émargement du {session.held_on:%d/%m/%Y}"
    params = {"session": str(session.pk)}
    return jobs.start(kind=SHEET, params=params, title=title, organisation_id=session.actor_id)


def sheet_jobs(session: Session) -> Any:
    """The pieces of work that made a session's sheet, the latest first."""
    mine = Job.objects.filter(kind=SHEET, organisation_id=session.actor_id, params__session=str(session.pk))
    return mine.order_by("-created_at", "id")


def participants(session: Session) -> list[Participant]:
    """A row for each booklet with a live slip in the session, in the order they came."""
    slips = list(sessions.slips_of(session).live())
    keys = code_keys({one.batch_id for one in slips}, [one.pass_id for one in slips])
    found: dict[int, Participant] = {}
    for one in slips:
        row = found.setdefault(one.pass_id >> 4, Participant(one.occurred_at))
        row.names.append(short(one.pass_id, keys[one.batch_id]))
        if one.service.name not in row.services:
            row.services.append(one.service.name)
        row.cents += one.value_cents
    return list(found.values())


def as_pdf(session: Session, rows: list[Participant], *, at: datetime) -> bytes:
    """The sheet."""
    from aptic.documents import pdf  # WeasyPrint takes half a second to load: only who prints pays

    context = {
        "session": session,
        "rows": rows,
        "cents": sum(row.cents for row in rows),
        "passes": sum(len(row.names) for row in rows),
        "empty": range(LINES_TO_ADD),
        "at": at,
        "scheme": settings.SCHEME_NAME,
    }
    return pdf.render("passes/sessions/sheet_pdf.html", context)


def keep(session: Session, content: bytes) -> Document:
    """Store the sheet with the actor's documents, in the place of an earlier one."""
    day = timezone.localtime(session.opened_at)
    document = documents.store(
        kind=DOCUMENT,
        title=f"Feuille d’émargement du {session.held_on:%d/%m/%Y}",
        filename=f"emargement-{session.held_on.isoformat()}-{day:%H%M}.pdf",
        media_type="application/pdf",
        content=content,
        owner_id=session.actor_id,
    )
    Session.objects.filter(pk=session.pk).update(sheet=document)
    return document
