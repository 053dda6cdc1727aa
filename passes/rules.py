"""Why a pass is or is not redeemed: one pure decision over plain facts, shared by counter, API and simulation.

PostgreSQL decides (`passes/sql/redeem.sql`); this explains, after the fact, from the same columns. A property test
holds the two together: the statement moves a pass if and only if `refusal` returns None.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from passes.models import Pass
from passes.refusals import Refusal

VOID_WINDOW = timedelta(minutes=15)
OFFLINE_CEILING = timedelta(hours=72)
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision reads: the pass's row, and what permits from batch, booklet, campaign, site and actor."""

    serial: int
    pass_state: str
    spent_today: int  # passes of the booklet spent on the day of the attempt
    activated: bool
    valid_from: datetime
    valid_until: datetime  # exclusive
    claim_until: datetime
    time_zone: str
    handed_out: bool
    needs_hand_out: bool
    services: tuple[int, ...]  # empty: all
    territories_match: bool
    site_match: bool
    passes_per_day: int | None
    site_qualified: bool


def refusal(facts: Facts, *, service_id: int, occurred_at: datetime, accounted_at: datetime) -> Refusal | None:
    """The first reason to refuse, in the order that helps the person most; None when it would be accepted.

    Validity is judged when the help was given (`occurred_at`), acceptance when it is booked (`accounted_at`).
    """
    return (
        _who(facts)
        or _state(facts)
        or _dates(facts, occurred_at, accounted_at)
        or _terms(facts, service_id)
        or (Refusal.LIMIT_REACHED if _limited(facts) else None)
    )


def _who(facts: Facts) -> Refusal | None:
    return None if facts.site_qualified else Refusal.SITE_NOT_QUALIFIED


def _state(facts: Facts) -> Refusal | None:
    return {
        Pass.State.REDEEMED: Refusal.ALREADY_REDEEMED,
        Pass.State.BLOCKED: Refusal.BLOCKED,
        Pass.State.REPLACED: Refusal.BLOCKED,
        Pass.State.EXPIRED: Refusal.EXPIRED,
    }.get(Pass.State(facts.pass_state))


def _dates(facts: Facts, occurred_at: datetime, accounted_at: datetime) -> Refusal | None:
    if occurred_at >= facts.valid_until or accounted_at > facts.claim_until:
        return Refusal.EXPIRED
    if not facts.activated or occurred_at < facts.valid_from:
        return Refusal.NOT_ACTIVE
    return None


def _terms(facts: Facts, service_id: int) -> Refusal | None:
    if facts.needs_hand_out and not facts.handed_out:
        return Refusal.NOT_HANDED_OUT
    if not facts.territories_match:
        return Refusal.TERRITORY_NOT_COVERED
    if not facts.site_match:
        return Refusal.SITE_NOT_COVERED
    if facts.services and service_id not in facts.services:
        return Refusal.SERVICE_NOT_COVERED
    return None


def _limited(facts: Facts) -> bool:
    return facts.passes_per_day is not None and facts.spent_today >= facts.passes_per_day


def occurred_within_bounds(occurred_at: datetime, *, now: datetime, offline: bool) -> bool:
    """Is the claimed instant one that a till may claim? Off line: 72 hours back; a clock may be 5 minutes wrong."""
    earliest = now - (OFFLINE_CEILING if offline else CLOCK_TOLERANCE)
    return earliest <= occurred_at <= now + CLOCK_TOLERANCE


def may_void(*, recorded_at: datetime, now: datetime, same_till: bool) -> bool:
    """The same till undoes its own redemption for 15 minutes, without questions."""
    return same_till and now - recorded_at <= VOID_WINDOW


def validity(starts_on: date, ends_on: date, claim_days: int, time_zone: str) -> tuple[datetime, datetime, datetime]:
    """(valid from, valid until exclusive, claim until): the last day is inclusive, in the campaign's time zone."""
    zone = ZoneInfo(time_zone)

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=zone)

    after_last = ends_on + timedelta(days=1)
    return midnight(starts_on), midnight(after_last), midnight(after_last + timedelta(days=claim_days))


def is_over(ends_on: date, time_zone: str, *, now: datetime) -> bool:
    """True after the last day, inclusive, in the campaign's time zone."""
    return now.astimezone(ZoneInfo(time_zone)).date() > ends_on
