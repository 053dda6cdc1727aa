"""The operator's guarantee: what is put in it, by one person and confirmed by another, and what it holds.

What it pays is decided above (`passes/incidents`). A payment counts from its confirmation on: until then it is a note.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from aptic.audit.services import record
from aptic.ledger.balances import balance
from aptic.ledger.bank import SAFEGUARDED_BY, cashier
from aptic.ledger.describe import Description, Event, describes
from aptic.ledger.errors import FundingClosed, FundingKnown, InvalidAmount, StatementTooNew, TwoPeopleNeeded
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Account, GuaranteeFunding, Purse
from aptic.ledger.proof import counts
from aptic.ledger.services import account, hold_purses, open_purse, post

GUARANTEE_BY = "versements confirmés, moins les incidents qu’elle a payés"


@transaction.atomic
def enter_funding(
    *, amount_cents: int, bank_reference: str, received_on: date, at: datetime | None = None
) -> GuaranteeFunding:
    """Note a payment into the guarantee, as the bank's paper says it; a repeat with the same content is the first.

    Raises NotAllowed, InvalidAmount, StatementTooNew and FundingKnown (same reference, other content).
    """
    person_id, now = cashier(), at or timezone.now()
    if amount_cents <= 0:
        raise InvalidAmount(field="amount_cents")
    if received_on > timezone.localdate(now):
        raise StatementTooNew("Ce jour n’est pas encore venu.", field="received_on")
    wanted = GuaranteeFunding(
        amount_cents=amount_cents,
        bank_reference=" ".join(bank_reference.split()),
        received_on=received_on,
        entered_by=person_id,
        entered_at=now,
    )
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        first = GuaranteeFunding.objects.filter(bank_reference=wanted.bank_reference).first()
        if first is None:
            raise
        if (first.amount_cents, first.received_on) != (amount_cents, received_on):
            raise FundingKnown(field="bank_reference") from error
        return first
    record(verb="guarantee_funding_entered", target=wanted)
    return wanted


@transaction.atomic
def confirm_funding(*, funding: GuaranteeFunding, at: datetime | None = None) -> None:
    """Confirm, against the bank's paper, what another person entered: from now on the guarantee holds it.

    Raises NotAllowed, TwoPeopleNeeded and FundingClosed.
    """
    person_id, now = cashier(), at or timezone.now()
    waiting = GuaranteeFunding.objects.filter(pk=funding.pk, confirmed_at=None)
    if not waiting.exclude(entered_by=person_id).update(confirmed_by=person_id, confirmed_at=now):
        raise TwoPeopleNeeded if waiting.exists() else FundingClosed
    purse = open_purse(funder=None)
    hold_purses(purse)
    post(
        kind=TransferKind.GUARANTEE_FUNDED,
        debit=account(purse=purse, kind=AccountKind.SAFEGUARDED),
        credit=account(purse=purse, kind=AccountKind.GUARANTEE),
        amount_cents=funding.amount_cents,
        event=funding.pk,
        at=now,
    )
    record(verb="guarantee_funding_confirmed", target=funding, fields=("confirmed_by",))


@transaction.atomic
def discard_funding(*, funding: GuaranteeFunding) -> None:
    """Set aside a payment entered by mistake and not yet confirmed; the trail keeps that it existed.

    Raises NotAllowed and FundingClosed.
    """
    cashier()
    record(verb="guarantee_funding_discarded", target=funding)  # first: once deleted, the row has no key left to name
    if not GuaranteeFunding.objects.filter(pk=funding.pk, confirmed_at=None).delete()[0]:
        raise FundingClosed


def guaranteed_cents() -> int:
    """What the guarantee holds now, in cents; 0 before its first payment."""
    held = Account.objects.filter(kind=AccountKind.GUARANTEE).first()
    return balance(held) if held else 0


@counts(AccountKind.GUARANTEE, by=GUARANTEE_BY)
def funded(accounts: list[Account]) -> dict[int, int]:
    """Cents of every confirmed payment into the guarantee."""
    confirmed = GuaranteeFunding.objects.filter(confirmed_at__isnull=False).order_by()
    cents = confirmed.aggregate(cents=Sum("amount_cents", default=0))["cents"]
    return {one.pk: cents for one in accounts}


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def funded_since(accounts: list[Account]) -> dict[int, int]:
    """Cents put into the guarantee since its purse's last confirmed statement."""
    purse = Purse.objects.filter(funder=None).first()
    if purse is None:
        return {}
    stated = purse.bank_balances.filter(confirmed_at__isnull=False).order_by("-as_of").first()
    fresh = Q(confirmed_at__gt=stated.as_of) if stated else Q(confirmed_at__isnull=False)
    cents = GuaranteeFunding.objects.filter(fresh).order_by().aggregate(cents=Sum("amount_cents", default=0))["cents"]
    return {one.pk: cents for one in accounts if one.purse_id == purse.pk}


@describes(TransferKind.GUARANTEE_FUNDED)
def describe_fundings(events: list[Event]) -> dict[Event, Description]:
    """The bank reference of each payment into the guarantee."""
    rows = GuaranteeFunding.objects.in_bulk({event for _, event in events})
    return {
        (kind, event): Description(at=rows[event].confirmed_at, text=f"Garantie alimentée : {rows[event]}")
        for kind, event in events
        if event in rows
    }
