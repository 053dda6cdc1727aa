"""Preparing a run: everything in one transaction, so that a crash leaves either nothing or the whole run."""

import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from actors.models import Actor, Claim, Payout, Settlement, Waiting
from actors.settlement.digest import content_digest
from actors.settlement.errors import AlreadyDone, CutoffAhead, NothingToPay
from actors.settlement.people import cashier, preparer
from actors.settlement_rules import run_number
from aptic.audit.services import record
from aptic.ledger.describe import expected_on
from aptic.ledger.models import Purse

CLAIM = (Path(__file__).parent / "claim.sql").read_text()
# Time limits and memory of this transaction only; a run of a million lines sorts on disk beyond `work_mem`.
LIMITS = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '5min'; SET LOCAL work_mem = '64MB'"


@transaction.atomic
def prepare_settlement(*, cutoff: datetime, at: datetime | None = None) -> Settlement:
    """The run that pays what was owed before `cutoff`; a repeat, or a rival, gets the run that exists.

    Raises NotAllowed, CutoffAhead and NothingToPay.
    """
    person_id = preparer()
    now = hold_every_purse(at)  # a rival waits here until the run that was first has committed, and then finds it
    if cutoff > now:
        raise CutoffAhead(field="cutoff")
    if existing := live_settlement(cutoff):
        return existing
    actors = _lock_actors()
    settlement = Settlement(
        number=_number(cutoff),
        cutoff=cutoff,
        prepared_by=person_id,
        fee_basis_points=settings.FEE_BASIS_POINTS,
        vat_basis_points=settings.VAT_BASIS_POINTS,
    )
    settlement.save(force_insert=True)
    _claim(settlement, actors, now)
    return settlement


def live_settlement(cutoff: datetime) -> Settlement | None:
    """The run of that cutoff, unless it was cancelled."""
    return Settlement.objects.filter(cutoff=cutoff).exclude(state=Settlement.State.CANCELLED).first()


@transaction.atomic
def cancel_settlement(*, settlement: Settlement) -> None:
    """Give a run up before its approval: its lines are owed again. Raises NotAllowed and AlreadyDone."""
    cashier()
    set_limits()
    live = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.PREPARED)
    if not live.update(state=Settlement.State.CANCELLED):
        raise AlreadyDone
    Payout.objects.filter(settlement=settlement).update(state=Payout.State.RELEASED)
    Claim.objects.filter(share__payout__settlement=settlement).delete()
    Waiting.objects.filter(settlement=settlement).delete()
    record(verb="settlement_cancelled", target=settlement)


def set_limits() -> None:
    """Give the transaction the time and the memory of a run."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)


def hold_every_purse(at: datetime | None) -> datetime:
    """Hold every purse in id order, before any other row, with a run's limits; returns when it happens, `at` or now.

    The clock is read after the wait, which may be long: the books refuse a date that is a minute old. Purses are held
    FOR NO KEY UPDATE, so that redemptions, which only refer to them, go on meanwhile.
    """
    set_limits()
    held = Purse.objects.select_for_update(of=("self",), no_key=True).order_by("id").values_list("id", flat=True)
    list(held)
    return at or timezone.now()


def _lock_actors() -> list[uuid.UUID]:
    """Hold every actor, so that a void comes wholly before the claim or wholly after; only those held are paid."""
    actors = Actor.objects.select_for_update(of=("self",)).order_by("organisation_id")
    return list(actors.values_list("organisation_id", flat=True))


def _claim(settlement: Settlement, actors: list[uuid.UUID], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "cutoff": settlement.cutoff,
                "fee": settlement.fee_basis_points,
                "vat": settlement.vat_basis_points,
                "settlement": settlement.pk,
                "number": settlement.number,
                "actors": actors,
            },
        )
        payouts, _, waiting = cursor.fetchone()
    if not payouts and not waiting:
        raise NothingToPay
    # An earlier look at the same cutoff found nobody to pay: what it left waiting is told anew by this run.
    Waiting.objects.filter(cutoff=settlement.cutoff).exclude(settlement=settlement).delete()
    _date_waiting(settlement)
    settlement.state = Settlement.State.PREPARED if payouts else Settlement.State.CANCELLED
    settlement.prepared_at = now
    settlement.digest = content_digest(settlement) if payouts else ""
    settlement.save(update_fields=["state", "prepared_at", "digest"])
    record(verb="settlement_prepared", target=settlement)


def _date_waiting(settlement: Settlement) -> None:
    """Say when each late funder's money is expected, as far as anybody knows."""
    late = Waiting.objects.filter(settlement=settlement, reason=Waiting.Reason.FUNDS)
    purses = list(late.order_by("purse_id").values_list("purse_id", flat=True).distinct())
    dates = expected_on(purses)
    for purse_id, day in dates.items():
        late.filter(purse_id=purse_id).update(expected_on=day)


def _number(cutoff: datetime) -> str:
    """The next free number of the cutoff's day."""
    day = run_number(cutoff, 1).rsplit("-", 1)[0]
    return run_number(cutoff, Settlement.objects.filter(number__startswith=f"{day}-").count() + 1)
