"""Whether a place is open at an instant, and when that changes, on its own clocks.

Thousands of sites are asked for at once: what was found for some hours holds until the minute when they next change,
so that a search evaluates an expression a few times a day and not at each request.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from actors.opening_hours import _parsed
from aptic import french

PARIS = ZoneInfo("Europe/Paris")
# Départements and collectivities whose clocks are not those of Paris.
ZONES = {
    "971": ZoneInfo("America/Guadeloupe"),
    "972": ZoneInfo("America/Martinique"),
    "973": ZoneInfo("America/Cayenne"),
    "974": ZoneInfo("Indian/Reunion"),
    "975": ZoneInfo("America/Miquelon"),
    "976": ZoneInfo("Indian/Mayotte"),
    "977": ZoneInfo("America/St_Barthelemy"),
    "978": ZoneInfo("America/Marigot"),
    "986": ZoneInfo("Pacific/Wallis"),
    "987": ZoneInfo("Pacific/Tahiti"),
    "988": ZoneInfo("Pacific/Noumea"),
}
MOST_KEPT = 20_000  # expressions: more than a country has
SOON = 7  # days within which a weekday says it all


class Standing(NamedTuple):
    """Open or not, since when this was known, and until when; both on the place's own clocks, without a zone."""

    open: bool
    known_from: datetime
    until: datetime | None  # None: for ever


_known: dict[str, Standing] = {}


def zone_of(departement: str) -> ZoneInfo:
    """The clocks of a département, by its code."""
    return ZONES.get(departement, PARIS)


def standing(expression: str, at: datetime, departement: str = "") -> Standing | None:
    """How a place with these hours stands at `at` (aware); None when nobody said its hours."""
    return _standing(expression, _clock(at, departement)) if expression else None


def open_among(expressions: Iterable[str], at: datetime, departement: str = "") -> list[str]:
    """Those of the expressions that are open at `at`."""
    now = _clock(at, departement)
    return [one for one in expressions if one and _standing(one, now).open]


def said(expression: str, at: datetime, departement: str = "") -> str:
    """« Ouvert maintenant, jusqu’à 18 h », « Fermé, ouvre demain à 9 h » ; empty when nobody said its hours."""
    found = standing(expression, at, departement)
    if found is None:
        return ""
    now = _clock(at, departement)
    if found.open:
        if found.until is None:
            return "Ouvert maintenant"
        ends = found.until
        today = ends.date() == now.date()
        return f"Ouvert maintenant, jusqu’à {_hour(ends) if today else f'{_day(ends, now)}, {_hour(ends)}'}"
    return "Fermé" if found.until is None else f"Fermé, ouvre {_when(found.until, now)}"


def _standing(expression: str, now: datetime) -> Standing:
    found = _known.get(expression)
    if found and found.known_from <= now and (found.until is None or now < found.until):
        return found
    hours = _parsed(expression)
    found = Standing(hours.is_open(now), now, _next(hours, now))
    if len(_known) >= MOST_KEPT:
        _known.clear()
    _known[expression] = found
    return found


def _next(hours: object, now: datetime) -> datetime | None:
    """When « open » becomes « closed » or the reverse; a change of comment alone is none."""
    opened = hours.is_open(now)  # type: ignore[attr-defined]
    change = hours.next_change(now)  # type: ignore[attr-defined]
    while change is not None and hours.is_open(change) == opened:  # type: ignore[attr-defined]
        change = hours.next_change(change)  # type: ignore[attr-defined]
    return change


def _clock(at: datetime, departement: str) -> datetime:
    return at.astimezone(zone_of(departement)).replace(tzinfo=None)


def _when(moment: datetime, now: datetime) -> str:
    if moment.date() == now.date():
        return f"à {_hour(moment)}"
    return f"{_day(moment, now)} à {_hour(moment)}"


def _day(moment: datetime, now: datetime) -> str:
    """« demain », « jeudi », « le 4 janvier »."""
    ahead = (moment.date() - now.date()).days
    if ahead == 1:
        return "demain"
    if ahead < SOON:
        return french.WEEKDAYS[moment.weekday()]
    return f"le {french.date(moment.date()).rsplit(french.NBSP, 1)[0]}"


def _hour(moment: datetime) -> str:
    return french.time(moment.time()).removesuffix(f"{french.NBSP}00")
