"""What a device may do without a network, who bears the loss of a conflict, and what two people may decide of it.

Pure decisions over plain facts; the rows are in `passes/models/conflicts.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from passes.models import Incident
from passes.refusals import Refusal

GRACE = timedelta(hours=72)  # after it was stopped, a till may still hand in what it did before
DEADLINE = timedelta(days=30)  # an incident is decided before
Bearer, Decision, Kind = Incident.Bearer, Incident.Decision, Incident.Kind

# What only the network could have told: who used the pass elsewhere, blocked it, reached its daily limit, or had not
# handed it out. The counter's page refuses the blocks of its last hour on line, so one that reaches us was news to it.
COULD_NOT_KNOW = frozenset({Refusal.ALREADY_REDEEMED, Refusal.BLOCKED, Refusal.LIMIT_REACHED, Refusal.NOT_HANDED_OUT})


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How much one device may redeem without a network, in any span of `hours`."""

    amount_cents: int
    passes: int
    hours: int

    @property
    def span(self) -> timedelta:
        """The hours, as a duration."""
        return timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a device carried when it made an attempt off line: redeemed and not yet recorded, that attempt included."""

    amount_cents: int
    passes: int
    delay: timedelta  # from the help to the record


def carried(
    lines: Iterable[tuple[datetime, int, datetime]], *, occurred_at: datetime, recorded_at: datetime, ceiling: Ceiling
) -> Carried:
    """Add up the device's off-line `lines` (instant, cents, recorded) of the ceiling's hours up to `occurred_at`,
    inclusive, without those recorded by then: a counter starts from zero once its queue is sent, as its screen says.

    `lines` holds the attempt itself.
    """
    first = occurred_at - ceiling.span
    sent_before = min(occurred_at, recorded_at - timedelta.resolution)  # a fast clock dates help after its record
    mine = [cents for at, cents, recorded in lines if first < at <= occurred_at and recorded > sent_before]
    return Carried(sum(mine), len(mine), recorded_at - occurred_at)


def within(ceiling: Ceiling, load: Carried) -> bool:
    """Is the attempt within what its device may redeem without a network?"""
    return load.amount_cents <= ceiling.amount_cents and load.passes <= ceiling.passes and load.delay <= ceiling.span


def bearer(reason: Refusal, *, within_ceiling: bool, known_to_device: bool, valid_when_used: bool) -> Incident.Bearer:
    """Who bears the loss of a refused off-line attempt: never the citizen, never the funder.

    The guarantee, when the device stayed within its ceiling and could not know; the site otherwise. A device knows
    what it took itself. A pass that was valid when the help was given, and came too late, was not the device's to know.
    """
    could_not_know = (reason in COULD_NOT_KNOW and not known_to_device) or (
        reason == Refusal.EXPIRED and valid_when_used
    )
    return Bearer.GUARANTEE if within_ceiling and could_not_know else Bearer.SITE


def decisions(kind: str, named: str) -> list[Incident.Decision]:
    """What two people may decide, the rule's own answer first. What departs from it needs a reason."""
    if kind == Kind.MISTAKE:
        return [Decision.RETAINED, Decision.REPAID, Decision.KEPT]
    return [Decision.GUARANTEE, Decision.SITE] if named == Bearer.GUARANTEE else [Decision.SITE]


def needs_reason(kind: str, named: str, decision: str) -> bool:
    """Does this decision depart from the rule, or leave a mistake as it is?"""
    return decision == Decision.KEPT or (decision == Decision.SITE and named == Bearer.GUARANTEE)


def may_hold(*, offline: bool, occurred_at: datetime, stopped_at: datetime | None, now: datetime) -> bool:
    """May a line of a till stopped at `stopped_at` still be handed in? What it did before, within 72 hours."""
    return offline and stopped_at is not None and occurred_at < stopped_at and now - stopped_at <= GRACE
