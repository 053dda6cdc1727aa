"""The operator's fees and their VAT leave the ring-fenced account, each purse its own."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.settlement.people import cashier
from aptic.audit.services import record
from aptic.ledger.balances import balance
from aptic.ledger.errors import InsufficientFunds
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Purse
from aptic.ledger.services import account, post

SWEEPS = (
    (TransferKind.FEES_SWEPT, AccountKind.FEES_DUE),
    (TransferKind.VAT_SWEPT, AccountKind.VAT_DUE),
)


@transaction.atomic
def sweep_fees(*, purse: Purse, sweep: uuid.UUID, at: datetime | None = None) -> tuple[int, int]:
    """Transfer the fees and the VAT due by a purse to the operator's own bank; returns both, in cents.

    `sweep` names the event: a repeat moves nothing. Raises NotAllowed and InsufficientFunds (nothing is due).
    """
    cashier()
    now = at or timezone.now()
    held = Purse.objects.select_for_update(of=("self",), no_key=True).get(pk=purse.pk)
    moved = []
    for kind, due_kind in SWEEPS:
        due = account(purse=held, kind=due_kind)
        earlier = due.debits.filter(event=sweep, kind=kind).first()
        cents = earlier.amount_cents if earlier else balance(due)
        if cents and not earlier:
            safeguarded = account(purse=held, kind=AccountKind.SAFEGUARDED)
            post(kind=kind, debit=due, credit=safeguarded, amount_cents=cents, event=sweep, at=now)
        moved.append(cents)
    if not any(moved):
        raise InsufficientFunds("Aucuns frais ne sont dus par ce cantonnement.")
    record(verb="fees_swept", target=held, organisation_id=held.funder_id)
    return moved[0], moved[1]
