"""Pure decisions on the consolidating ratio: how fast passes are used, what a year brings, how wrong that was before.

A quarter is 91 days. The forecast assumes no new order: passes issued and not yet used, used at the pace seen so far.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from qualification.cap_rules import RATIO_HIGH_CENTS, RATIO_LOW_CENTS

FEWEST_TESTS = 8  # comparisons below which an interval would be a guess
WORTH_TESTING_CENTS = 500_00  # a stock so small says nothing
QUARTERS = 4
STEADY = 0.1  # a pace within a tenth of the year goes neither up nor down
NEW_DAYS = 91  # an actor younger than a quarter is not judged


@dataclass(frozen=True, slots=True)
class Origin:
    """What was known at the end of a quarter, so many quarters ago, in one place: passes left, and those used next."""

    ago: int
    place: str
    stock_cents: int
    spent_cents: int


@dataclass(frozen=True, slots=True)
class Method:
    """The pace at which passes are used in a quarter, and what the same method was worth in the past.

    `low` and `high` are the first and last tenths of (what came ÷ what was said); None without enough comparisons.
    """

    pace: float
    error: float | None = None
    low: float | None = None
    high: float | None = None
    tested: int = 0

    def yearly(self, stock_cents: int) -> int:
        """What four quarters at this pace use of a stock."""
        return round(stock_cents * (1 - (1 - self.pace) ** QUARTERS))

    def interval(self, cents: int) -> tuple[int | None, int | None]:
        """Where eight out of ten past forecasts would have put it."""
        if self.low is None or self.high is None:
            return None, None
        return round(cents * self.low), round(cents * self.high)


def learn(origins: Iterable[Origin]) -> Method:
    """The pace, over every past quarter, and its back-test: each quarter is foretold from older ones alone."""
    past = [one for one in origins if one.ago >= 1]
    stock: dict[int, int] = defaultdict(int)
    spent: dict[int, int] = defaultdict(int)
    for one in past:
        stock[one.ago] += one.stock_cents
        spent[one.ago] += one.spent_cents
    told = [
        one.spent_cents / said
        for one in past
        if one.stock_cents >= WORTH_TESTING_CENTS and (said := one.stock_cents * _pace(stock, spent, after=one.ago)) > 0
    ]
    pace = _pace(stock, spent, after=0)
    if len(told) < FEWEST_TESTS:
        return Method(pace, tested=len(told))
    told.sort()
    error = median(abs(share - 1) for share in told)
    return Method(pace, error, told[len(told) // 10], told[-1 - len(told) // 10], len(told))


def _pace(stock: dict[int, int], spent: dict[int, int], *, after: int) -> float:
    """The share used in a quarter, over those that began earlier than `after` quarters ago."""
    known = [ago for ago in stock if ago > after]
    total = sum(stock[ago] for ago in known)
    return min(1.0, sum(spent[ago] for ago in known) / total) if total else 0.0


def shared(total_cents: int, weights: dict[str, int]) -> dict[str, int]:
    """An amount shared by weight, in whole cents that add up to it; nothing when nobody weighs."""
    whole = sum(weights.values())
    if not whole:
        return {}
    bounds = [0, *(total_cents * weight // whole for weight in accumulate(weights.values()))]
    return {name: upper - lower for name, (lower, upper) in zip(weights, pairwise(bounds), strict=True)}


def alert(*, earned_cents: int, pace_cents: int, days: int) -> str:
    """What twelve months say of an actor qualified `days` ago: "", "new", "starving" or "overloaded".

    A first year is brought to twelve months. An actor whose last quarter is already back within the ratio is not
    called starving; one whose last quarter is back under it is not called overloaded.

    >>> alert(earned_cents=6_000_00, pace_cents=7_000_00, days=400)
    'starving'
    """
    if days < NEW_DAYS:
        return "new"
    year = earned_cents * 365 // min(days, 365)
    if year < RATIO_LOW_CENTS and pace_cents < RATIO_LOW_CENTS:
        return "starving"
    return "overloaded" if year > RATIO_HIGH_CENTS and pace_cents > RATIO_HIGH_CENTS else ""


def trend(*, earned_cents: int, pace_cents: int, days: int) -> str:
    """Where an actor qualified `days` ago tends: "up", "down", "steady", or "" before a year is over to compare with.

    >>> trend(earned_cents=16_000_00, pace_cents=20_000_00, days=400)
    'up'
    """
    if days < 365 or earned_cents <= 0:
        return ""
    change = (pace_cents - earned_cents) / earned_cents
    if abs(change) < STEADY:
        return "steady"
    return "up" if change > 0 else "down"


@dataclass(frozen=True, slots=True)
class Spread:
    """How a territory's passes are shared among its actors, in cents over twelve months."""

    lowest: int | None = None
    median: int | None = None
    highest: int | None = None


def spread(earned: Sequence[int]) -> Spread:
    """The lowest, the middle and the highest."""
    return Spread(min(earned), round(median(earned)), max(earned)) if earned else Spread()
