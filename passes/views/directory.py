"""The public directory: every open site, by place, service, way in and hours, as a list and on a map of our own."""

from datetime import datetime
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.models import Site
from actors.site_description import AccessMode
from aptic.long_lists import read_page
from aptic.spaces import public
from aptic.territories import rules
from aptic.territories.models import Departement
from aptic.vocabulary.models import Service
from passes.balance import kilometres
from passes.directory import MANY, Search, comes_to, ordered, sites
from passes.views import site_maps
from passes.views.cards import Card, card
from passes.views.where import Where, read_where

PAGE = 12
# Ways in that a visitor asks for; the others say whom a site does not receive.
ASKED = (AccessMode.WALK_IN, AccessMode.CALL, AccessMode.BOOK, AccessMode.MAIL)


@require_safe
@public
def directory(request: HttpRequest) -> HttpResponse:
    """The sites where a pass may be used today, the nearest first when one says where one is."""
    now = timezone.now()
    services = list(Service.objects.for_places())
    chosen = next((service for service in services if service.slug == request.GET.get("service", "")), None)
    access = next((mode for mode in ASKED if mode.value == request.GET.get("acces", "")), None)
    open_now = request.GET.get("ouvert") == "1"
    area, where = _read(request.GET.get("q", ""))
    search = Search(area, chosen.pk if chosen else None, access.value if access else "", open_now)
    found = sites(search, at=now)
    page = read_page(ordered(found, where.centre), request.GET.get("page"), PAGE, "commune")
    numbered = list(enumerate(page, page.start_index()))
    cards = [_card(site, number, where, now) for number, site in numbered]
    shown = site_maps.scene(found, numbered, where, area, whole=page.paginator.count > MANY)
    context = {
        "page_obj": page,
        "cards": cards,
        "services": services,
        "chosen": chosen,
        "accesses": [(mode.value, mode.label) for mode in ASKED],
        "access": access,
        "open_now": open_now,
        "where": where,
        "area": area,
        "caption": _caption(where),
        "map": site_maps.draw(shown, numbered, _title(numbered), where),
        "live": site_maps.live(shown, numbered, cards, where),
    }
    return TemplateResponse(request, "passes/citizen/directory.html", context)


def _card(site: Site, number: int, where: Where, now: datetime) -> Card:
    """How far it is from where one asked, or that it comes there on its round."""
    if where.centre is not None and comes_to(site, where.centre):
        return card(site, km=None, comes=where.centre.name, number=number, at=now)
    return card(site, km=kilometres(site, where.centre) if where.centre else None, number=number, at=now)


def _read(typed: str) -> tuple[Departement | None, Where]:
    """A commune or a postcode, else a département by its number or name; a commune of that very name comes first."""
    words = rules.name_key(typed[: rules.TYPED_MAX])
    where = read_where(typed)
    if words and not (where.centre and where.centre.search_key == words):
        area = _departements().get(words)
        if area is not None:
            return area, Where(where.typed, label=str(area))
    return None, where


@cache
def _departements() -> dict[str, Departement]:
    """By number and by name; the geography changes with a release, not with a request."""
    rows = list(Departement.objects.order_by("-code"))
    return {rules.name_key(one.name): one for one in rows} | {one.code.lower(): one for one in rows}


def _title(numbered: site_maps.Numbered) -> str:
    return f"Carte des lieux {numbered[0][0]} à {numbered[-1][0]} de la liste" if numbered else ""


def _caption(where: Where) -> str:
    circle = f" Le cercle est {where.label}." if site_maps.here_of(where) else ""
    return f"Les numéros sont ceux de la liste.{circle}"
