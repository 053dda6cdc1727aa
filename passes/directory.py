"""Searching the sites where a pass may be used: around a place or in a département, by service, access and hours."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Left

from actors.models import Site
from actors.open_now import ZONES, open_among
from aptic.territories import rules
from aptic.territories.models import Commune, Departement
from passes.balance import nearness

MANY = 500  # sites: beyond, nobody reads them commune by commune


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
    """The nearest first when one says where one is; else by commune and name, or by name alone when there are many.

    No site is nearer than one that comes there on its round. One query more without a centre.
    """
    if centre is not None and centre.latitude is not None and centre.longitude is not None:
        comes = Q(territories__contains=[rules.key("commune", centre.pk)]) & ~Q(commune=centre)
        near = nearness(centre.latitude, centre.longitude)
        return found.order_by(Case(When(comes, then=0), default=1), near, "search_key", "pk")
    if found.count() > MANY:
        return found.order_by("search_key", "pk")
    return found.order_by("commune__search_key", "search_key", "pk")


def comes_to(site: Site, centre: Commune | None) -> bool:
    """Does its round go to this commune, where it does not stand?"""
    return centre is not None and site.commune_id != centre.pk and rules.key("commune", centre.pk) in site.territories


def _open_at(found: QuerySet[Site], at: datetime) -> QuerySet[Site]:
    """Those open at `at` on their own clocks: sites with the same hours are asked about once."""
    found = _with_clocks(found)
    said = found.exclude(opening_hours="").order_by()
    by_clocks: dict[str, set[str]] = {}
    for hours, departement in said.values_list("opening_hours", "clocks").distinct():  # type: ignore[misc]
        by_clocks.setdefault(departement, set()).add(hours)
    fits = Q(pk__in=[])
    for departement, hours_there in by_clocks.items():
        fits |= Q(clocks=departement, opening_hours__in=open_among(hours_there, at, departement))
    return found.filter(fits)


def _with_clocks(found: QuerySet[Site]) -> QuerySet[Site]:
    """`clocks`: the département whose clocks may not be those of Paris, else "", read from the commune's code alone.

    Those overseas have the highest codes: one comparison, for nine thousand rows.
    """
    overseas = When(commune_id__gte=min(ZONES), then=Left("commune_id", 3))
    return found.annotate(clocks=Case(overseas, default=Value(""), output_field=CharField()))
