"""What the bank answered: a transfer was executed, rejected, or came back after it was executed."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from actors.models import Payout, Settlement
from actors.settlement.errors import AlreadyDone, ReasonMissing
from actors.settlement.people import cashier
from actors.settlement.prepare import hold_every_purse
from aptic.accounts.letters import write_to_managers
from aptic.audit.services import record
from aptic.french import euros
from aptic.ledger.describe import Description, Event, describes
from aptic.ledger.kinds import AccountKind, TransferKind

# An account is found by its whole key: what each kind is about.
_ABOUT = {
    AccountKind.IN_TRANSFER: "= s.payout_id",
    AccountKind.PAYABLE: "= s.actor_id",
    AccountKind.SAFEGUARDED: "IS NULL",
}
_POST = """
INSERT INTO ledger_transfer
       (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
SELECT s.purse_id, d.id, c.id, s.net_cents, %(kind)s, s.id, s.funder_id, s.actor_id, %(at)s
  FROM actors_payoutpurse s
       JOIN ledger_account d ON d.purse_id = s.purse_id AND d.kind = %(debit)s AND d.about {debit_about}
       JOIN ledger_account c ON c.purse_id = s.purse_id AND c.kind = %(credit)s AND c.about {credit_about}
 WHERE s.payout_id = ANY(%(payouts)s) ORDER BY s.purse_id, s.id
"""


@transaction.atomic
def settle_payout(*, payout: Payout, bank_reference: str = "", at: datetime | None = None) -> None:
    """The bank executed this transfer. Raises NotAllowed and AlreadyDone."""
    cashier()
    now = hold_every_purse(at)
    sent = Payout.objects.filter(pk=payout.pk, state=Payout.State.SENT)
    if not sent.update(state=Payout.State.SETTLED, settled_at=now, bank_reference=bank_reference.strip()):
        raise AlreadyDone
    _post([payout], TransferKind.PAYOUT_SETTLED, AccountKind.IN_TRANSFER, AccountKind.SAFEGUARDED, now)
    record(verb="payout_settled", target=payout, organisation_id=payout.actor_id)
    _close(payout.settlement_id)


@transaction.atomic
def settle_all(*, settlement: Settlement, bank_reference: str = "", at: datetime | None = None) -> int:
    """The bank executed every transfer of the run that is still under way; returns how many.

    Raises NotAllowed and AlreadyDone (none is).
    """
    cashier()
    now = hold_every_purse(at)
    sent = Payout.objects.filter(settlement=settlement, state=Payout.State.SENT)
    payouts = list(sent.select_for_update(of=("self",)).order_by("pk"))
    if not payouts:
        raise AlreadyDone
    sent.filter(pk__in=[one.pk for one in payouts]).update(
        state=Payout.State.SETTLED, settled_at=now, bank_reference=bank_reference.strip()
    )
    _post(payouts, TransferKind.PAYOUT_SETTLED, AccountKind.IN_TRANSFER, AccountKind.SAFEGUARDED, now)
    record(verb="settlement_settled", target=settlement)
    _close(settlement.pk)
    return len(payouts)


@transaction.atomic
def reject_payout(*, payout: Payout, reason: str, at: datetime | None = None) -> None:
    """The bank refused this transfer: its net amount is owed again, and pays no second fee.

    Raises NotAllowed, ReasonMissing and AlreadyDone.
    """
    _undo(payout, reason, at, was=Payout.State.SENT, becomes=Payout.State.REJECTED)


@transaction.atomic
def return_payout(*, payout: Payout, reason: str, at: datetime | None = None) -> None:
    """The money came back after execution: it is owed again, and pays no second fee.

    Raises NotAllowed, ReasonMissing and AlreadyDone.
    """
    _undo(payout, reason, at, was=Payout.State.SETTLED, becomes=Payout.State.RETURNED)


def _undo(payout: Payout, reason: str, at: datetime | None, *, was: Payout.State, becomes: Payout.State) -> None:
    cashier()
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(field="reason")
    now = hold_every_purse(at)
    standing = Payout.objects.filter(pk=payout.pk, state=was)
    if not standing.update(state=becomes, rejected_at=now, rejection_reason=reason[:200]):
        raise AlreadyDone
    if becomes == Payout.State.REJECTED:
        _post([payout], TransferKind.PAYOUT_REJECTED, AccountKind.IN_TRANSFER, AccountKind.PAYABLE, now)
    else:
        _post([payout], TransferKind.PAYOUT_RETURNED, AccountKind.SAFEGUARDED, AccountKind.PAYABLE, now)
    record(verb=f"payout_{becomes}", target=payout, fields=("state",), organisation_id=payout.actor_id)
    _tell(payout, reason)
    _close(payout.settlement_id)


def _tell(payout: Payout, reason: str) -> None:
    """The actor learns it the same day: only they can give another account."""
    write_to_managers(
        organisation=payout.actor,
        template="payout_came_back",
        context={
            "amount": euros(payout.net_cents),
            "number": payout.end_to_end_id,
            "reason": reason,
            "account": payout.bank_account.iban_last4,
            "address": reverse("actor_bank_account", args=[payout.actor_id]),
        },
    )


def _post(payouts: list[Payout], kind: TransferKind, debit: AccountKind, credit: AccountKind, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _POST.format(debit_about=_ABOUT[debit], credit_about=_ABOUT[credit]),
            {
                "kind": kind.value,
                "debit": debit.value,
                "credit": credit.value,
                "at": at,
                "payouts": [one.pk for one in payouts],
            },
        )


def _close(settlement_id: uuid.UUID) -> None:
    """The run is over when nothing of it is under way."""
    sent = Settlement.objects.filter(pk=settlement_id, state=Settlement.State.SENT)
    sent.exclude(payouts__state=Payout.State.SENT).update(state=Settlement.State.CLOSED)


@describes(TransferKind.PAYOUT_REJECTED, TransferKind.PAYOUT_RETURNED)
def describe_failures(events: Iterable[Event]) -> dict[Event, Description]:
    """What came back: which transfer, when, why. The event is a share of a payout."""
    wanted = list(events)
    shares = {
        row["purses__id"]: row
        for row in Payout.objects.filter(purses__in=[event for _, event in wanted])
        .order_by("id")
        .values("purses__id", "end_to_end_id", "rejected_at", "rejection_reason", funder=F("purses__funder__name"))
    }
    return {
        (kind, event): Description(
            at=shares[event]["rejected_at"],
            text=f"Virement {shares[event]['end_to_end_id']} revenu : {shares[event]['rejection_reason']}",
            funder=shares[event]["funder"] or "",
        )
        for kind, event in wanted
        if event in shares
    }
