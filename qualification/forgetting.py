"""Applications that nobody goes on with: a letter first, then what they say of people is forgotten (GDPR, art. 5.1.e).

A draft that lay untouched, or an application that was given up, keeps its organisation's name and SIRET, which are
public, and nothing else that whoever began it wrote; what was agreed to and answered, once it was sent, is a proof and
stays. The trail says when each was touched last.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from aptic import french
from aptic.audit.models import Event
from aptic.audit.services import record
from qualification import attachments, letters
from qualification.models import Application

KEPT = timedelta(days=180)  # since it was touched last: as long as its link lasts
NOTICE = timedelta(days=30)  # between the letter and the end
ANNOUNCED, FORGOTTEN = "application_end_announced", "application_forgotten"
OF_PEOPLE: dict[str, Any] = {
    "contact_name": "", "contact_role": "", "email": "", "phone": "", "representative_name": "",
    "representative_role": "", "representative_email": "", "address": "", "website": "", "motivation": "",
    "takeover_reason": "", "site_name": "", "answers": {}, "account_holder": "", "iban_sealed": None, "iban_last4": "",
    "bic": "",
}  # fmt: skip
State = Application.State


def announce(*, at: datetime | None = None) -> int:
    """Tell, once, whoever left a draft that it ends in a month. Returns how many letters were written."""
    now = at or timezone.now()
    return sum(_announce(pk, now) for pk in _to_announce(now).values_list("pk", flat=True))


def forget(*, at: datetime | None = None) -> int:
    """Empty the drafts whose end was announced a month ago, untouched since, and what was given up.

    Returns how many.
    """
    now = at or timezone.now()
    return sum(_forget(pk, now) for pk in _to_forget(now).values_list("pk", flat=True))


@transaction.atomic
def _announce(pk: uuid.UUID, now: datetime) -> bool:
    row = _held(pk)
    if not _to_announce(now).filter(pk=pk).exists():  # asked again, now that nobody can touch it
        return False
    letters.tell(row, "application_ending", until=french.date(now + NOTICE))
    record(verb=ANNOUNCED, target=row)
    return True


@transaction.atomic
def _forget(pk: uuid.UUID, now: datetime) -> bool:
    row = _held(pk)
    if not _to_forget(now).filter(pk=pk).exists():
        return False
    attachments.drop_all(row, now)
    row.sites.all().delete()
    Application.objects.filter(pk=pk).update(state=State.WITHDRAWN, **OF_PEOPLE)
    record(verb=FORGOTTEN, target=row, fields=tuple(OF_PEOPLE))
    return True


def _held(pk: uuid.UUID) -> Application:
    return Application.objects.select_for_update(of=("self",)).select_related("commune").get(pk=pk)


def _to_announce(now: datetime) -> QuerySet[Application]:
    old = _known().filter(state=State.DRAFT, touched_at__lte=now - (KEPT - NOTICE))
    return old.filter(Q(announced_at=None) | Q(announced_at__lt=F("touched_at")))


def _to_forget(now: datetime) -> QuerySet[Application]:
    left = Q(state=State.DRAFT, announced_at__gt=F("touched_at"), announced_at__lte=now - NOTICE)
    return _known().filter(left | Q(state=State.WITHDRAWN), touched_at__lte=now - KEPT)


def _known() -> QuerySet[Any]:
    """Those not forgotten yet, with when each was touched last and when its end was announced."""
    trail = Event.objects.filter(
        object_type=Application._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField())
    ).order_by("-id")
    touched = trail.exclude(verb=ANNOUNCED).values("at")[:1]
    announced = trail.filter(verb=ANNOUNCED).values("at")[:1]
    return Application.objects.exclude(email="").annotate(
        touched_at=Coalesce(Subquery(touched), F("begun_at")), announced_at=Subquery(announced)
    )
