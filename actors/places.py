"""Which territories a site takes its places in, and whether its actor has them.

Places are kept by the room above (`qualification`), which registers itself here: imports only go down.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from aptic.tenancy.models import Organisation

CAPPED_LEVELS = ("epci:", "departement:")
PlaceKeeper = Callable[[Organisation, list[str], datetime, bool], None]
_keepers: list[PlaceKeeper] = []


def cap_territory(keys: Iterable[str]) -> str:
    """Where caps are usually set: of a commune's keys, that of its EPCI, or of its département when it has none.

    >>> cap_territory(["commune:33063", "epci:243300316", "departement:33", "region:75", "france"])
    'epci:243300316'
    """
    found = list(keys)
    return next(key for level in CAPPED_LEVELS for key in found if key.startswith(level))


def register_place_keeper(keeper: PlaceKeeper) -> None:
    """Let the room that counts places decide whether an actor may open a site in a territory."""
    _keepers.append(keeper)


def ensure_place(*, actor: Organisation, keys: Iterable[str], at: datetime, new: bool = True) -> None:
    """Return if `actor` has its place in each capped territory where a site with these keys would stand.

    A `new` site asks for a territory that somebody has counted; one that reopens does not. The operator gives the
    actor those it lacks. Raises AnotherTerritory for everybody else, and what the keeper raises when
    a territory is full.
    """
    found = list(keys)
    for keeper in _keepers:
        keeper(actor, found, at, new)
