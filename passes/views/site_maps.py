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
TOWN = 15_000  # inhabitants: on a map of the country, smaller communes are a grey that says nothing
WITHOUT_EPCI = frozenset(("975", "977", "978", "984", "986", "987", "988", "989"))
Numbered = Sequence[tuple[int, Site]]


@dataclass(frozen=True, slots=True)
class LiveMap:
    """The attributes that `aptic/map.js` reads."""

    points: str  # JSON: [{"n", "name", "address", "url", "at": [latitude, longitude]}]
    here: str  # JSON: [latitude, longitude], or null
    outlines: str  # address of the départements' outlines
    epci: str  # JSON: addresses of the EPCI's


def drawing(
    found: QuerySet[Site], numbered: Numbered, where: Where, area: Departement | None, *, whole: bool
) -> maps.Map | None:
    """Close up around a place that was asked for; else the département, or those that have sites; or the country.

    `whole`: there are so many sites that nobody need ask which départements have some.
    """
    if not numbered:
        return None
    here = here_of(where)
    if here is not None:
        points = [(here.latitude, here.longitude), *((site.latitude, site.longitude) for _, site in numbered)]
        close = maps.box_of(points)
        box = close.around() if close else None
        ground = maps.communes_in(box) if box else Commune.objects.none()
    elif whole and area is None:
        box, ground = (
            maps.Box(*maps.MAINLAND),
            Commune.objects.filter(population__gte=TOWN).order_by("-population", "code"),
        )
    else:
        codes = [area.pk] if area else list(_departements(found))
        box = maps.box_of_departements(codes)
        ground = Commune.objects.filter(departement__in=codes).order_by("-population", "code")
    if box is None:
        return None
    title = f"Carte des lieux {numbered[0][0]} à {numbered[-1][0]} de la liste"
    return maps.draw(box=box, ground=ground, pins=_pins(numbered), title=title, here=here)


def close_up(site: Site) -> maps.Map | None:
    """One site in its landscape; None when nobody knows where it is."""
    box = maps.box_of([(site.latitude, site.longitude)])
    if box is None:
        return None
    box = box.around()
    title = f"Carte : {site.name} et les communes autour"
    return maps.draw(box=box, ground=maps.communes_in(box), pins=_pins([(1, site)]), title=title)


def live(numbered: Numbered, cards: Iterable[Card], where: Where | None = None) -> LiveMap:
    """What the script draws; the cards are those of the same sites, in the same order."""
    points = [
        {"n": number, "name": site.name, "address": address_of(site), "url": card.url, "at": _at(site)}
        for (number, site), card in zip(numbered, cards, strict=True)
        if site.latitude is not None
    ]
    here = here_of(where) if where else None
    around = {site.commune.departement_id for _, site in numbered}
    around = {code for code in around - WITHOUT_EPCI if len(around) <= MOST_EPCI}
    return LiveMap(
        points=json.dumps(points, ensure_ascii=False),
        here=json.dumps([here.latitude, here.longitude] if here else None),
        outlines=static("territories/departements.json"),
        epci=json.dumps([static(f"territories/epci/{code}.json") for code in sorted(around)]),
    )


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
