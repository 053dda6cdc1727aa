"""An actor pays back by bank what it was paid by mistake: read on the bank's paper, it ends the case."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.settlement.people import cashier
from aptic.audit.services import record
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.services import account, hold_purses, post
from passes.conflict_errors import NotDecidable, ReferenceMissing
from passes.incidents.deciding import claim_of
from passes.models import Incident


@transaction.atomic
def record_repayment(*, incident: Incident, bank_reference: str, at: datetime | None = None) -> None:
    """Record the actor's transfer to the purse that was harmed. Like a receipt, one person records it: it comes in.

    Raises NotAllowed, ReferenceMissing and NotDecidable (no repayment is awaited).
    """
    cashier()
    reference, now = " ".join(bank_reference.split()), at or timezone.now()
    if not reference:
        raise ReferenceMissing(field="bank_reference")
    awaiting = Incident.objects.filter(pk=incident.pk, state=Incident.State.AWAITING)
    if not awaiting.update(state=Incident.State.CLOSED, bank_reference=reference, closed_at=now):
        raise NotDecidable
    hold_purses(incident.purse)
    post(
        kind=TransferKind.CLAIM_REPAID,
        debit=account(purse=incident.purse, kind=AccountKind.SAFEGUARDED),
        credit=claim_of(incident),
        amount_cents=incident.value_cents,
        event=incident.pk,
        at=now,
    )
    record(verb="incident_repaid", target=incident, fields=("bank_reference",), organisation_id=incident.actor_id)
