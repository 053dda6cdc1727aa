"""Which territory a site takes its place in, and whether its actor has one there.

Places are kept by the room above (`qualification`), which registers itself here: imports only go down.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from aptic.tenancy.models import Organisation

CAPPED_LEVELS = ("epci:", "departement:")
PlaceKeeper = Callable[[Organisation, str, datetime], None]
_keepers: list[PlaceKeeper] = []


def cap_territory(keys: Iterable[str]) -> str:
    """Of a commune's keys, that of its EPCI, or of its département when it belongs to none.

    >>> cap_territory(["commune:33063", "epci:243300316", "departement:33", "region:75", "france"])
    'epci:243300316'
    """
    found = list(keys)
    return next(key for level in CAPPED_LEVELS for key in found if key.startswith(level))


def register_place_keeper(keeper: PlaceKeeper) -> None:
    """Let the room that counts places decide whether an actor may open a site in a territory."""
    _keepers.append(keeper)


def ensure_place(*, actor: Organisation, keys: Iterable[str], at: datetime) -> None:
    """Return if `actor` has its place where a site with these territory keys would stand; the operator gives it one.

    Raises AnotherTerritory for everybody else, and what the keeper raises when the territory is full.
    """
    territory = cap_territory(keys)
    for keeper in _keepers:
        keeper(actor, territory, at)
