"""Maps of sites: the drawing that everybody sees, and what a script needs to draw one that moves in its place.

No tile: outlines of départements, and of the EPCI around, are files of ours.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.templatetags.static import static

from actors.models import Site
from aptic.territories import maps
from aptic.territories.models import Commune, Departement
from passes.balance import address_of
from passes.views.cards import Card
from passes.views.where import Where

MOST_EPCI = 4  # départements whose EPCI are drawn: beyond, the map is too small for them
TOWNS = 40  # that the map that moves may name, where there is room
TOWN = 15_000  # inhabitants: on a map of the country, smaller communes are a grey that says nothing
FAR, VILLAGE = 1.5, 3_000  # degrees of latitude; inhabitants: from afar, villages are the same grey
WITHOUT_EPCI = frozenset(("975", "977", "978", "984", "986", "987", "988", "989"))
NOWHERE = Where()
Numbered = Sequence[tuple[int, Site]]


@dataclass(frozen=True, slots=True)
class LiveMap:
    """The attributes that `aptic/map.js` reads."""

    points: str  # JSON: [{"n", "name", "address", "url", "at": [latitude, longitude]}]
    towns: str  # JSON: [{"name", "at"}]
    here: str  # JSON: [latitude, longitude], or null
    outlines: str  # address of the départements' outlines
    epci: str  # JSON: addresses of the EPCI's


@dataclass(frozen=True, slots=True)
class Scene:
    """A rectangle, and the communes that stand in it, the largest first."""

    box: maps.Box
    ground: maps.Ground


def scene(
    found: QuerySet[Site], numbered: Numbered, where: Where, area: Departement | None, *, whole: bool
) -> Scene | None:
    """Close up around a place that was asked for; else the département, or those that have sites; or the country.

    `whole`: there are so many sites that nobody need ask which départements have some.
    """
    if not numbered:
        return None
    here = here_of(where)
    if here is not None:
        points = [(here.latitude, here.longitude), *((site.latitude, site.longitude) for _, site in numbered)]
        return _around(maps.box_of(points))
    if whole and area is None:
        towns = Commune.objects.filter(population__gte=TOWN).order_by("-population", "code")
        return Scene(maps.Box(*maps.MAINLAND), maps.read_ground(towns))
    codes = [area.pk] if area else list(_departements(found))
    box = maps.box_of_departements(codes)
    ground = Commune.objects.filter(departement__in=codes).order_by("-population", "code")
    return Scene(box, maps.read_ground(ground)) if box else None


def around(site: Site) -> Scene | None:
    """One site in its landscape; None when nobody knows where it is."""
    return _around(maps.box_of([(site.latitude, site.longitude)]))


def draw(shown: Scene | None, numbered: Numbered, title: str, where: Where = NOWHERE) -> maps.Map | None:
    """The drawing that everybody sees."""
    if shown is None:
        return None
    return maps.draw(box=shown.box, ground=shown.ground, pins=_pins(numbered), title=title, here=here_of(where))


def live(shown: Scene | None, numbered: Numbered, cards: Iterable[Card], where: Where = NOWHERE) -> LiveMap | None:
    """What the script draws; the cards are those of the same sites, in the same order."""
    if shown is None:
        return None
    points = [
        {"n": number, "name": site.name, "address": address_of(site), "url": card.url, "at": _at(site)}
        for (number, site), card in zip(numbered, cards, strict=True)
        if site.latitude is not None
    ]
    named = [(name, north, east) for north, east, _, name in shown.ground if north is not None][:TOWNS]
    here = here_of(where)
    codes = {site.commune.departement_id for _, site in numbered}
    codes = {code for code in codes - WITHOUT_EPCI if len(codes) <= MOST_EPCI}
    return LiveMap(
        points=json.dumps(points, ensure_ascii=False),
        towns=json.dumps([{"name": name, "at": [north, east]} for name, north, east in named], ensure_ascii=False),
        here=json.dumps([here.latitude, here.longitude] if here else None),
        outlines=static("territories/departements.json"),
        epci=json.dumps([static(f"territories/epci/{code}.json") for code in sorted(codes)]),
    )


def _around(close: maps.Box | None) -> Scene | None:
    if close is None:
        return None
    box = close.around()
    ground = maps.communes_in(box)
    seen = ground.filter(population__gte=VILLAGE) if box.north - box.south > FAR else ground
    return Scene(box, maps.read_ground(seen))


def here_of(where: Where) -> maps.Pin | None:
    """Where the visitor says to be."""
    centre = where.centre
    if centre is None or centre.latitude is None or centre.longitude is None:
        return None
    return maps.Pin(0, centre.latitude, centre.longitude)


def _at(site: Site) -> list[float | None]:
    return [site.latitude, site.longitude]


def _pins(numbered: Numbered) -> list[maps.Pin]:
    return [
        maps.Pin(number, site.latitude, site.longitude)
        for number, site in numbered
        if site.latitude is not None and site.longitude is not None
    ]


def _departements(found: QuerySet[Site]) -> QuerySet[Site, str]:
    return found.order_by().values_list("commune__departement", flat=True).distinct()
