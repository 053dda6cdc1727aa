"""The operator's fees and their VAT leave the ring-fenced account, each purse its own: one prepares, another confirms.

The row's id is the business event of both transfers. PostgreSQL accepts them for a row of two people only, by its
amounts (`actors_sweep_by_two`), and never more than is due (the ledger's guard); the same is asked here, under the
purse's lock, for a sentence.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from actors.models import FeeSweep
from actors.settlement.errors import (
    NothingToSweep,
    SweepClosed,
    SweepKnown,
    SweepNeedsAnother,
    SweepOvertaken,
)
from actors.settlement.people import cashier
from aptic.audit.services import record
from aptic.ledger.balances import balances
from aptic.ledger.describe import Description, Event, describes
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Account, Purse
from aptic.ledger.rules import check_reference, check_transfer_day
from aptic.ledger.services import account, hold_purses, post


def fees_due(*purses: Purse) -> dict[Purse, tuple[int, int]]:
    """Fees and VAT due to the operator, in cents, by purse in the order of its funders; of all when none is named."""
    accounts = Account.objects.filter(kind__in=[AccountKind.FEES_DUE, AccountKind.VAT_DUE])
    accounts = accounts.filter(purse__in=purses) if purses else accounts
    found = list(accounts.select_related("purse__funder").order_by("purse__funder__search_key", "id"))
    booked = balances(found)
    due: dict[Purse, tuple[int, int]] = {}
    for one in found:
        fees, vat = due.get(one.purse, (0, 0))
        cents = booked[one.pk]
        due[one.purse] = (fees + cents, vat) if one.kind == AccountKind.FEES_DUE else (fees, vat + cents)
    return due


@transaction.atomic
def prepare_sweep(*, purse: Purse, at: datetime | None = None) -> FeeSweep:
    """Note what a purse owes the operator now, to be transferred and confirmed by somebody else; nothing moves.

    One waits at a time in a purse: a repeat returns it as it was prepared. Raises NotAllowed and NothingToSweep.
    """
    person_id = cashier()
    # Held until the end: two people who prepare at the same instant come one after the other.
    hold_purses(purse)
    if first := FeeSweep.objects.filter(purse=purse, confirmed_at=None).first():
        return first
    fees, vat = fees_due(purse).get(purse, (0, 0))
    if not fees + vat:
        raise NothingToSweep
    sweep = FeeSweep(
        purse=purse,
        funder_id=purse.funder_id,
        fees_cents=fees,
        vat_cents=vat,
        prepared_by=person_id,
        prepared_at=at or timezone.now(),
    )
    sweep.save(force_insert=True)
    record(verb="fee_sweep_prepared", target=sweep, organisation_id=sweep.funder_id)
    return sweep


@transaction.atomic
def confirm_sweep(*, sweep: FeeSweep, bank_reference: str, left_on: date, at: datetime | None = None) -> None:
    """Confirm, the bank's paper at hand, that what another person prepared has left: the books move now.

    What came to be due since waits for the next one. Raises NotAllowed, InvalidFunds, SweepNeedsAnother, SweepClosed,
    SweepOvertaken (less is due than was prepared) and SweepKnown (the reference is another sweep's).
    """
    person_id = cashier()
    check_transfer_day(left_on, today=timezone.localdate(at), field="left_on")
    plain = check_reference(bank_reference, field="bank_reference", length=60, what="la référence du virement")
    # Purses before any other row: the order in which whoever moves their money takes locks.
    hold_purses(sweep.purse)
    now = at or timezone.now()  # after the wait: the books refuse a date that is a minute old
    waiting = FeeSweep.objects.filter(pk=sweep.pk, confirmed_at=None)
    others = waiting.exclude(prepared_by=person_id)
    fees, vat = fees_due(sweep.purse).get(sweep.purse, (0, 0))
    if others.exists() and (sweep.fees_cents > fees or sweep.vat_cents > vat):
        raise SweepOvertaken
    try:
        with transaction.atomic():
            confirmed = others.update(bank_reference=plain, left_on=left_on, confirmed_by=person_id, confirmed_at=now)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "sweep_reference":
            raise
        raise SweepKnown(field="bank_reference") from error
    if not confirmed:
        raise SweepNeedsAnother if waiting.exists() else SweepClosed
    sweep.refresh_from_db(fields=["bank_reference", "left_on", "confirmed_by", "confirmed_at"])
    _post(sweep, now)
    record(verb="fee_sweep_confirmed", target=sweep, fields=("confirmed_by",), organisation_id=sweep.funder_id)


@transaction.atomic
def discard_sweep(*, sweep: FeeSweep) -> None:
    """Set aside a sweep that has not left; the trail keeps that it existed. Raises NotAllowed and SweepClosed."""
    cashier()
    # Recorded first: once deleted, the row has no key left to name.
    record(verb="fee_sweep_discarded", target=sweep, organisation_id=sweep.funder_id)
    if not FeeSweep.objects.filter(pk=sweep.pk, confirmed_at=None).delete()[0]:
        raise SweepClosed


def _post(sweep: FeeSweep, now: datetime) -> None:
    safeguarded = account(purse=sweep.purse, kind=AccountKind.SAFEGUARDED)
    for kind, due, cents in (
        (TransferKind.FEES_SWEPT, AccountKind.FEES_DUE, sweep.fees_cents),
        (TransferKind.VAT_SWEPT, AccountKind.VAT_DUE, sweep.vat_cents),
    ):
        if cents:
            debit = account(purse=sweep.purse, kind=due)
            post(kind=kind, debit=debit, credit=safeguarded, amount_cents=cents, event=sweep.pk, at=now)


@describes(TransferKind.FEES_SWEPT, TransferKind.VAT_SWEPT)
def describe_sweeps(events: list[Event]) -> dict[Event, Description]:
    """The bank reference of each sweep, and whose purse it left; those of before two people have no reference."""
    rows = FeeSweep.objects.select_related("funder").in_bulk({event for _, event in events})
    return {(kind, event): _described(rows[event]) for kind, event in events if event in rows}


def _described(sweep: FeeSweep) -> Description:
    funder = sweep.funder
    return Description(at=sweep.confirmed_at, text=str(sweep), funder=funder.name if funder else "")
