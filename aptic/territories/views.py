"""Public look-ups of places, for the fields that ask for one: `<option>`s to htmx, JSON to everybody else."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.html import format_html_join
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from aptic.spaces import public
from aptic.territories import rules, services
from aptic.territories.models import Commune

DAY = 24 * 3600  # seconds; the official list changes once a year


@public
@require_safe
@cache_control(public=True, max_age=DAY)
@vary_on_headers("HX-Request", "HX-Trigger-Name")
def communes(request: HttpRequest) -> HttpResponseBase:
    """Communes that begin as typed: `?q=33330`, or the field's own name when htmx asks."""
    typed = _typed(request)
    found = services.search_communes(typed)
    if _by_htmx(request):
        postcode = rules.parse_place(typed).postcode
        return _options((commune.label(postcode), commune.departement.name) for commune in found)
    return JsonResponse({"communes": [_as_json(commune) for commune in found]})


@public
@require_safe
@cache_control(public=True, max_age=DAY)
@vary_on_headers("HX-Request", "HX-Trigger-Name")
def territories(request: HttpRequest) -> HttpResponseBase:
    """Territories of every level, from France to the commune: `?q=gironde`."""
    found = services.search_territories(_typed(request))
    if _by_htmx(request):
        return _options((territory.key, territory.label) for territory in found)
    return JsonResponse({"territories": [{"key": each.key, "label": each.label} for each in found]})


def _by_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _typed(request: HttpRequest) -> str:
    field = request.headers.get("HX-Trigger-Name", "")
    return request.GET.get("q", request.GET.get(field, ""))


def _options(pairs: object) -> HttpResponse:
    return HttpResponse(format_html_join("\n", '<option value="{}">{}</option>', pairs))  # type: ignore[arg-type]


def _as_json(commune: Commune) -> dict[str, object]:
    return {
        "code": commune.code,
        "name": commune.name,
        "label": commune.label(),
        "postcodes": commune.postcodes,
        "departement": {"code": commune.departement_id, "name": commune.departement.name},
        "region": {"code": commune.region_id, "name": commune.region.name},
        "epci": {"siren": commune.epci_id, "name": str(commune.epci)} if commune.epci else None,
        "population": commune.population,
        "latitude": commune.latitude,
        "longitude": commune.longitude,
        "key": commune.key,
    }
