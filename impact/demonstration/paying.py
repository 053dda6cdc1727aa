"""The operator pays: runs prepared, approved by somebody else, sent and settled; the bank's word, each month.

Runs are monthly at first, then weekly. One transfer is rejected by the bank, and the last run waits for its approval.
"""

from datetime import date, datetime, timedelta
from functools import partial

from django.utils import timezone

from actors.models import Payout, Settlement
from actors.settlement.approve import approve_settlement
from actors.settlement.errors import NothingToPay, NothingToSweep
from actors.settlement.fees import confirm_sweep, prepare_sweep
from actors.settlement.outcome import reject_payout, settle_all
from actors.settlement.prepare import prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.ledger.bank import booked_cents, confirm_bank_balance, enter_bank_balance
from aptic.ledger.models import Purse
from impact.demonstration.stage import DAYS_PER_MONTH, MONTHS, Stage

PREPARES, APPROVES = "hugo.mercier", "ines.caron"
WEEKLY_AFTER = 10  # months
REJECTED_WEEKS_AGO = 7
REASON = "AC04 : compte clôturé"


def plan_payments(stage: Stage) -> None:
    """Put the operator's calendar in the agenda: runs on Mondays, statements at the end of each month."""
    last = stage.today - timedelta(days=stage.today.weekday())
    for months in range(1, WEEKLY_AFTER + 1):
        _plan_run(stage, _monday(stage.first_day + timedelta(days=round(months * DAYS_PER_MONTH))), last)
    weekly = _monday(stage.first_day + timedelta(days=round(WEEKLY_AFTER * DAYS_PER_MONTH))) + timedelta(days=7)
    while weekly <= last:
        _plan_run(stage, weekly, last)
        weekly += timedelta(days=7)
    for months in range(1, MONTHS):
        stage.plan(stage.day(months) + timedelta(days=1), partial(_state, stage, 19))


def close_accounts(stage: Stage) -> None:
    """The present: fees leave for the operator's own bank, and the bank's last word is entered and confirmed."""
    _sweep(stage, stage.now - timedelta(minutes=30))
    _state_at(stage, stage.now - timedelta(minutes=10), stage.now)


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _plan_run(stage: Stage, day: date, last: date) -> None:
    if day == last:
        stage.plan(day, partial(_prepare, stage))
        return
    reject = last - day == timedelta(weeks=REJECTED_WEEKS_AGO)
    stage.plan(day, partial(_run, stage, reject))


def _prepare(stage: Stage, day: date) -> Settlement | None:
    """The run of what was owed at the beginning of the day; None when nothing was."""
    with stage.playing(PREPARES):
        try:
            return prepare_settlement(cutoff=stage.at(day, 0), at=stage.at(day, 8, 30))
        except NothingToPay:
            return None


def _run(stage: Stage, reject: bool, day: date) -> None:
    settlement = _prepare(stage, day)
    if settlement is None or settlement.state != Settlement.State.PREPARED:
        return
    with stage.playing(APPROVES):
        approve_settlement(settlement=settlement, digest=settlement.digest, at=stage.at(day, 11))
    with stage.playing(PREPARES):
        write_bank_file(settlement=settlement, at=stage.at(day, 13))
        mark_sent(settlement=settlement, at=stage.at(day, 14))
    stage.plan(day + timedelta(days=2), partial(_hear_the_bank, stage, settlement, reject))


def _hear_the_bank(stage: Stage, settlement: Settlement, reject: bool, day: date) -> None:
    with stage.playing(PREPARES):
        if reject:
            refused = Payout.objects.filter(settlement=settlement).order_by("net_cents").first()
            assert refused is not None
            reject_payout(payout=refused, reason=REASON, at=stage.at(day, 9, 30))
        if Payout.objects.filter(settlement=settlement, state=Payout.State.SENT).exists():
            settle_all(settlement=settlement, bank_reference=f"EXE-{settlement.number}", at=stage.at(day, 10))


def _state(stage: Stage, hour: int, day: date) -> None:
    _sweep(stage, stage.at(day, hour - 1))
    _state_at(stage, stage.at(day, hour), stage.at(day, hour, 30))


def _state_at(stage: Stage, as_of: datetime, at: datetime) -> None:
    """Enter what the bank says of each purse, and have it confirmed."""
    for purse in _purses(stage):
        with stage.playing(APPROVES):
            stated = enter_bank_balance(
                purse=purse,
                as_of=as_of,
                balance_cents=booked_cents(purse=purse, as_of=as_of),
                reference=f"{as_of:%Y-%m}",
                at=at,
            )
        with stage.playing(PREPARES):
            confirm_bank_balance(bank_balance=stated, at=at)


def _sweep(stage: Stage, at: datetime) -> None:
    """Fees go to the operator's own bank by two people, purse by purse; a purse that owes none is left alone."""
    day = timezone.localdate(at)
    for purse in _purses(stage):
        with stage.playing(PREPARES):
            try:
                sweep = prepare_sweep(purse=purse, at=at)
            except NothingToSweep:
                continue
        with stage.playing(APPROVES):
            confirm_sweep(sweep=sweep, bank_reference=f"FRAIS-{day:%Y-%m-%d}", left_on=day, at=at)


def _purses(stage: Stage) -> list[Purse]:
    with stage.playing(PREPARES):
        return list(Purse.objects.filter(funder__isnull=False).order_by("id"))
