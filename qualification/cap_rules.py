"""Pure decisions on caps: what the ratio allows, what one actor more would cost its neighbours."""

from dataclasses import dataclass
from math import ceil

RATIO_LOW_CENTS, RATIO_HIGH_CENTS = 15_000_00, 25_000_00  # the consolidating ratio of one actor, a year (design §1)
LEVELS = ("commune:", "epci:", "departement:", "region:")  # the levels that may have a cap


@dataclass(frozen=True, slots=True)
class Policy:
    """How caps are computed: the year that an actor needs, the operator's bounds, and the least coverage."""

    target_cents: int
    at_least: int
    at_most: int
    inhabitants_per_actor: int


def computed_cap(policy: Policy, *, forecast_cents: int, population: int) -> int:
    """The forecast of a year's redeemed value ÷ what an actor needs, in whole actors, within the operator's bounds
    and never below a minimum coverage, which wins over the upper bound.

    >>> computed_cap(Policy(20_000_00, 1, 50, 60_000), forecast_cents=130_000_00, population=90_000)
    6
    >>> computed_cap(Policy(20_000_00, 1, 50, 60_000), forecast_cents=0, population=150_000)
    3
    """
    fed = forecast_cents // policy.target_cents
    bounded = min(max(fed, policy.at_least), policy.at_most)
    return max(bounded, ceil(population / policy.inhabitants_per_actor))


@dataclass(frozen=True, slots=True)
class Price:
    """What accepting one more actor does to those of a territory: each one's mean year, before and after, in cents.

    `before_cents` is None when nobody is there yet.
    """

    territory: str
    forecast_cents: int
    actors: int
    before_cents: int | None
    after_cents: int
    starves: bool


def price(*, territory: str, forecast_cents: int, actors: int, low_cents: int) -> Price:
    """The forecast of the territory, shared by one more. `starves`: each one would fall below the ratio.

    >>> price(territory="epci:1", forecast_cents=54_000_00, actors=3, low_cents=15_000_00).after_cents
    1350000
    """
    after = forecast_cents // (actors + 1)
    before = forecast_cents // actors if actors else None
    return Price(territory, forecast_cents, actors, before, after, after < low_cents)


def may_depart(*, cap: int, computed: int | None, reason: str) -> bool:
    """Whoever sets another cap than the ratio's, where there is one, says why."""
    return computed in (None, cap) or bool(reason.strip())


def may_lower(*, cap: int, exceptions: int, qualified: int, reason: str) -> bool:
    """A cap below those already there is an exception « par extinction », which needs its reason."""
    return qualified <= cap + exceptions or bool(reason.strip())
