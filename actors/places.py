"""Which territory a site takes its place in: the one whose cap it counts under."""

from collections.abc import Iterable

CAPPED_LEVELS = ("epci:", "departement:")


def cap_territory(keys: Iterable[str]) -> str:
    """Of a commune's keys, that of its EPCI, or of its département when it belongs to none.

    >>> cap_territory(["commune:33063", "epci:243300316", "departement:33", "region:75", "france"])
    'epci:243300316'
    """
    found = list(keys)
    return next(key for level in CAPPED_LEVELS for key in found if key.startswith(level))
