"""The public directory: every open site, by place and by service, as a list and on a map of our own."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from actors.models import Site
from aptic.spaces import public
from aptic.territories import maps, rules
from aptic.territories.models import Commune, Departement
from aptic.vocabulary.models import Service
from passes.balance import by_distance, kilometres
from passes.views.cards import card
from passes.views.where import Where, read_where

PAGE = 12


@require_safe
@public
def directory(request: HttpRequest) -> HttpResponse:
    """The sites where a pass may be used today, the nearest first when one says where one is."""
    services = list(Service.objects.active().standard().order_by("position", "id"))
    chosen = _chosen(request.GET.get("service", ""), services)
    area, where = _read(request.GET.get("q", ""))
    sites = Site.objects.open_to_public().select_related("commune", "actor")
    if chosen is not None:
        sites = sites.filter(services__contains=[chosen.pk])
    if area is not None:
        sites = sites.filter(territories__contains=[rules.key("departement", area.pk)])
    page = Paginator(_ordered(sites, where), PAGE).get_page(request.GET.get("page"))
    numbered = list(enumerate(page, page.start_index()))
    context = {
        "page_obj": page,
        "cards": [
            card(site, km=kilometres(site, where.centre) if where.centre else None, number=number)
            for number, site in numbered
        ],
        "services": services,
        "chosen": chosen,
        "where": where,
        "area": area,
        "caption": _caption(where),
        "map": _map(sites, numbered, where, area),
    }
    return TemplateResponse(request, "passes/citizen/directory.html", context)


def _chosen(slug: str, services: list[Service]) -> Service | None:
    return next((service for service in services if service.slug == slug), None)


def _read(typed: str) -> tuple[Departement | None, Where]:
    """A commune or a postcode, else a département by its number or name; a commune of that very name comes first."""
    words = rules.name_key(typed[: rules.TYPED_MAX])
    where = read_where(typed)
    if words and not (where.centre and where.centre.search_key == words):
        for one in Departement.objects.all():
            if words in (one.code.lower(), rules.name_key(one.name)):
                return one, Where(where.typed, label=str(one))
    return None, where


def _ordered(sites: QuerySet[Site], where: Where) -> QuerySet[Site]:
    centre = where.centre
    if centre is not None and centre.latitude is not None and centre.longitude is not None:
        return by_distance(sites, centre.latitude, centre.longitude)
    return sites.order_by("commune__search_key", "search_key", "pk")


def _map(
    sites: QuerySet[Site], numbered: list[tuple[int, Site]], where: Where, area: Departement | None
) -> maps.Map | None:
    """Close up around a place that was asked for; else the département, or those that have sites."""
    if not numbered:
        return None
    here = _here(where)
    if here is not None:
        points = [(here.latitude, here.longitude), *((site.latitude, site.longitude) for _, site in numbered)]
        close = maps.box_of(points)
        box = close.around() if close else None
        ground = maps.communes_in(box) if box else Commune.objects.none()
    else:
        codes = [area.pk] if area else list(_departements(sites))
        box = maps.box_of_departements(codes)
        ground = Commune.objects.filter(departement__in=codes).order_by("-population", "code")
    if box is None:
        return None
    pins = [
        maps.Pin(number, site.latitude, site.longitude)
        for number, site in numbered
        if site.latitude is not None and site.longitude is not None
    ]
    title = f"Carte des lieux {numbered[0][0]} à {numbered[-1][0]} de la liste"
    return maps.draw(box=box, ground=ground, pins=pins, title=title, here=here)


def _caption(where: Where) -> str:
    circle = f" Le cercle est {where.label}." if _here(where) else ""
    return f"Les numéros sont ceux de la liste. Chaque point gris est une commune.{circle}"


def _departements(sites: QuerySet[Site]) -> QuerySet[Site, str]:
    return sites.order_by().values_list("commune__departement", flat=True).distinct()


def _here(where: Where) -> maps.Pin | None:
    centre = where.centre
    if centre is None or centre.latitude is None or centre.longitude is None:
        return None
    return maps.Pin(0, centre.latitude, centre.longitude)
