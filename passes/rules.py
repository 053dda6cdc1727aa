"""Why a pass is or is not redeemed: one pure decision over plain facts, shared by counter, API and simulation.

PostgreSQL decides (`passes/sql/redeem.sql`); this explains, after the fact, from the same columns. A property test
holds the two together: the statement moves a pass if and only if `refusal` returns None.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from passes.models import Pass
from passes.refusals import Refusal

VOID_WINDOW = timedelta(minutes=15)
OFFLINE_CEILING = timedelta(hours=72)
CLOCK_TOLERANCE = timedelta(minutes=5)
FIRST_DAY = date(2020, 1, 1)  # of before this software nothing is asked or told


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
    released: bool = False  # it was held, and two people have believed what it says

    def as_json(self) -> dict[str, Any]:
        """What a refused attempt keeps, to be explained later."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The reverse of `as_json`. Raises TypeError on what another version of the rules kept."""
        instants = {name: datetime.fromisoformat(kept[name]) for name in INSTANTS if name in kept}
        return cls(**{**kept, **instants, "services": tuple(kept.get("services", ()))})


INSTANTS = ("valid_from", "valid_until", "claim_until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the till asks: for what, when the help was given, when it is booked."""

    service_id: int
    occurred_at: datetime
    accounted_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: the refusal that names it, what it reads, and when it is broken."""

    reason: Refusal
    reads: tuple[str, ...]
    broken: Callable[[Facts, Asked], bool]


# In the order that helps the person most: the first that is broken is the answer.
# Validity is judged when the help was given, acceptance when it is booked.
RULES = (
    Rule(Refusal.SITE_NOT_QUALIFIED, ("site_qualified",), lambda facts, asked: not facts.site_qualified),
    Rule(Refusal.ALREADY_REDEEMED, ("pass_state",), lambda facts, asked: facts.pass_state == Pass.State.REDEEMED),
    Rule(
        Refusal.BLOCKED,
        ("pass_state",),
        lambda facts, asked: facts.pass_state in (Pass.State.BLOCKED, Pass.State.REPLACED),
    ),
    Rule(
        Refusal.EXPIRED,
        ("pass_state", "valid_until", "claim_until", "released"),
        lambda facts, asked: (
            facts.pass_state == Pass.State.EXPIRED
            or _believed(facts, asked) >= facts.valid_until
            or asked.accounted_at > facts.claim_until
        ),
    ),
    Rule(
        Refusal.NOT_ACTIVE,
        ("activated", "valid_from"),
        lambda facts, asked: not facts.activated or asked.occurred_at < facts.valid_from,
    ),
    Rule(
        Refusal.NOT_HANDED_OUT,
        ("needs_hand_out", "handed_out"),
        lambda facts, asked: facts.needs_hand_out and not facts.handed_out,
    ),
    Rule(Refusal.TERRITORY_NOT_COVERED, ("territories_match",), lambda facts, asked: not facts.territories_match),
    Rule(Refusal.SITE_NOT_COVERED, ("site_match",), lambda facts, asked: not facts.site_match),
    Rule(
        Refusal.SERVICE_NOT_COVERED,
        ("services",),
        lambda facts, asked: bool(facts.services) and asked.service_id not in facts.services,
    ),
    Rule(
        Refusal.LIMIT_REACHED,
        ("passes_per_day", "spent_today"),
        lambda facts, asked: facts.passes_per_day is not None and facts.spent_today >= facts.passes_per_day,
    ),
)


def refusal(facts: Facts, *, service_id: int, occurred_at: datetime, accounted_at: datetime) -> Refusal | None:
    """The first reason to refuse; None when it would be accepted."""
    asked = Asked(service_id, occurred_at, accounted_at)
    return next((rule.reason for rule in RULES if rule.broken(facts, asked)), None)


def replay(facts: Facts, asked: Asked) -> list[tuple[Rule, bool]]:
    """Every rule in order, and whether it holds; the answer is the reason of the first that does not."""
    return [(rule, not rule.broken(facts, asked)) for rule in RULES]


def _believed(facts: Facts, asked: Asked) -> datetime:
    """When the help was given, as far as a till is believed by itself: an end that is further back has passed."""
    return asked.occurred_at if facts.released else max(asked.occurred_at, asked.accounted_at - OFFLINE_CEILING)


def occurred_within_bounds(occurred_at: datetime, *, now: datetime, offline: bool) -> bool:
    """Is the claimed instant one that a till may claim? A clock may be 5 minutes wrong.

    Off line it may be long ago, for the help was given; how far back it is believed is a rule above. The day is read
    as it is written: at the ends of the calendar an instant has no other.
    """
    earliest = occurred_at.date() >= FIRST_DAY if offline else now - CLOCK_TOLERANCE <= occurred_at
    return earliest and occurred_at <= now + CLOCK_TOLERANCE


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
