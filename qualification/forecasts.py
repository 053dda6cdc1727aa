"""What each territory is expected to redeem in a year: counted by the room that knows passes, asked for from here.

`impact` registers itself, as `qualification` does with `actors.places`: imports only go down.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forecast:
    """A year's redeemed value of one territory, in cents, and its interval once there is a past to judge it by."""

    cents: int
    low_cents: int | None = None
    high_cents: int | None = None


Forecaster = Callable[[list[str]], Mapping[str, Forecast]]
_forecasters: list[Forecaster] = []


def register_forecaster(forecaster: Forecaster) -> None:
    """Let the room that counts passes say what territories are expected to redeem."""
    _forecasters.append(forecaster)


def forecasts_of(territories: Iterable[str]) -> dict[str, Forecast]:
    """By territory key; a territory that nobody has counted yet is absent. One query."""
    keys = list(territories)
    found: dict[str, Forecast] = {}
    for forecaster in _forecasters:
        found.update(forecaster(keys))
    return found
