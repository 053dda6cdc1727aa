"""Papers of an accepted file whose date comes before its qualification's end: told once each, shown to the operator.

No verb changes a date once its file is accepted, so that a line of the trail is enough to tell each paper once.
"""

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from actors.models import Actor
from aptic import french
from aptic.accounts.letters import write_to_managers
from aptic.audit.models import Event
from aptic.audit.services import record
from qualification import renewal
from qualification.models import Application, ApplicationDocument
from qualification.papers import ONCE

NOTICE = timedelta(days=30)  # before the date of a paper
TOLD = "paper_expiry_told"


def dated() -> QuerySet[ApplicationDocument]:
    """Papers with a date of the last file accepted of each actor, the soonest first. For the operator."""
    accepted = Application.objects.filter(
        organisation=OuterRef("application__organisation"), state=Application.State.ACCEPTED
    ).order_by("-decided_at", "-id")
    held = ApplicationDocument.objects.filter(
        application=Subquery(accepted.values("pk")[:1]), deleted_at=None, expires_on__isnull=False
    )
    return held.exclude(kind__in=ONCE).order_by("expires_on", "id")


def remind(*, at: datetime | None = None) -> int:
    """Write to the managers of each actor about each paper whose date is a month away, once; returns how many letters.

    Runs as the operator's machinery.
    """
    today = timezone.localdate(at or timezone.now())
    return sum(_remind(pk, today) for pk in list(_to_tell(today).values_list("pk", flat=True)))


@transaction.atomic
def _remind(pk: uuid.UUID, today: date) -> bool:
    papers = ApplicationDocument.objects.select_for_update(of=("self",)).select_related("application__organisation")
    paper = papers.get(pk=pk)
    if not _to_tell(today).filter(pk=pk).exists():  # asked again, now that no other run can tell it
        return False
    actor = paper.application.organisation
    assert actor is not None
    assert paper.expires_on is not None
    words = {"paper": f"{paper} ({paper.filename})", "until": french.date(paper.expires_on)}
    write_to_managers(organisation=actor, template="paper_expiring", context=words)
    record(verb=TOLD, target=paper, organisation_id=actor.pk)
    return True


def _to_tell(today: date) -> QuerySet[ApplicationDocument]:
    """Those nobody was written to about, while no renewal that brings new ones is being read."""
    told = Event.objects.filter(
        verb=TOLD, object_type=ApplicationDocument._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField())
    )
    renewing = renewal.under_way().filter(organisation=OuterRef("application__organisation"))
    near = dated().filter(~Exists(told), ~Exists(renewing), expires_on__lte=today + NOTICE)
    return near.filter(application__organisation__actor__state__in=(Actor.State.QUALIFIED, Actor.State.SUSPENDED))
