"""Searching the sites where a pass may be used: around a place or in a département, by service, access and hours."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from actors.models import Site
from actors.open_now import ZONES, open_among
from aptic.territories import rules
from aptic.territories.models import Commune, Departement
from passes.balance import by_distance


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody asks of the directory; everything may be left out."""

    area: Departement | None = None
    service: int | None = None
    access: str = ""
    open_now: bool = False


def sites(search: Search, *, at: datetime) -> QuerySet[Site]:
    """The sites that fit, unordered. One query more, run at once, when they must be open at `at`."""
    found = Site.objects.open_to_public()
    if search.service is not None:
        found = found.filter(services__contains=[search.service])
    if search.access:
        found = found.filter(access_modes__contains=[search.access])
    if search.area is not None:
        found = found.filter(territories__contains=[rules.key("departement", search.area.pk)])
    return _open_at(found, at) if search.open_now else found


def ordered(found: QuerySet[Site], centre: Commune | None) -> QuerySet[Site]:
    """The nearest first when one says where one is; else by commune and name."""
    if centre is not None and centre.latitude is not None and centre.longitude is not None:
        return by_distance(found, centre.latitude, centre.longitude)
    return found.order_by("commune__search_key", "search_key", "pk")


def _open_at(found: QuerySet[Site], at: datetime) -> QuerySet[Site]:
    """Those open at `at` on their own clocks: sites with the same hours are asked about once."""
    said = found.exclude(opening_hours="").order_by()
    by_departement: dict[str, set[str]] = {}
    for hours, departement in said.values_list("opening_hours", "commune__departement").distinct():
        by_departement.setdefault(departement if departement in ZONES else "", set()).add(hours)
    fits = Q(pk__in=[])
    for departement, hours_there in by_departement.items():
        here = Q(commune__departement=departement) if departement else ~Q(commune__departement__in=ZONES)
        fits |= here & Q(opening_hours__in=open_among(hours_there, at, departement))
    return found.filter(fits)
