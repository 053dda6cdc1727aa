"""Approving a run: another person, on exactly what was prepared."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.models import Settlement
from actors.settlement.digest import content_digest
from actors.settlement.errors import AlreadyDone, AnotherPersonMustApprove, ContentChanged
from actors.settlement.people import cashier
from actors.settlement.prepare import set_limits
from aptic.audit.services import record


@transaction.atomic
def approve_settlement(*, settlement: Settlement, digest: str, at: datetime | None = None) -> None:
    """Approve the run whose `digest` the person has seen. The run is held meanwhile: of two at once, one approves.

    Raises NotAllowed, AnotherPersonMustApprove, AlreadyDone and ContentChanged.
    """
    person_id = cashier()
    set_limits()
    Settlement.objects.select_for_update(of=("self",)).get(pk=settlement.pk)
    if content_digest(settlement) != digest:
        raise ContentChanged
    waiting = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.PREPARED)
    others = waiting.exclude(prepared_by=person_id, prepared_by__isnull=False)
    now = at or timezone.now()
    if not others.filter(digest=digest).update(state=Settlement.State.APPROVED, approved_by=person_id, approved_at=now):
        if waiting.filter(prepared_by=person_id).exists():
            raise AnotherPersonMustApprove
        raise ContentChanged if waiting.exists() else AlreadyDone
    settlement.refresh_from_db()
    record(verb="settlement_approved", target=settlement, fields=("state", "approved_by", "digest"))
