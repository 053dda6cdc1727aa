"""The page of one site: where it is, when it is open, what one does there, how to come, whom to call."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.models import Actor, Site
from actors.open_now import said
from actors.site_description import AccessMode, Fee, Itinerance, Public, SpecialCare, SupportMode
from aptic.spaces import public
from passes.catalogue import service_name
from passes.views import site_maps
from passes.views.cards import card
from qualification.models import Round


@require_safe
@public
def show(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Everything that the site says of itself; one that takes no pass today says so first and is not listed."""
    now = timezone.now()
    goes = Round.objects.filter(site=OuterRef("pk")).order_by("commune__search_key").values("commune__name")
    sites = Site.objects.select_related("commune__departement", "actor__actor").annotate(goes=ArraySubquery(goes))
    site = get_object_or_404(sites, pk=pk)
    one = card(site, km=None, number=1, at=now)
    shown = site_maps.around(site)
    context = {
        "site": site,
        "card": one,
        "takes_passes": site.open and site.actor.actor.state == Actor.State.QUALIFIED,
        "standing": said(site.opening_hours, now, site.commune.departement_id),
        "services": [service_name(key) for key in site.services],
        "ways": _labels(AccessMode, site.access_modes),
        "helps": _labels(SupportMode, site.support_modes),
        "fees": _labels(Fee, site.fees),
        "publics": _labels(Public, site.publics),
        "care": _labels(SpecialCare, site.special_care),
        "goes": site.goes,
        "moves": Itinerance.MOBILE in site.itinerance,
        "map": site_maps.draw(shown, [(1, site)], f"Carte : {site.name} et les communes autour"),
        "live": site_maps.live(shown, [(1, site)], [one]),
        "told": "merci" in request.GET,
    }
    response = TemplateResponse(request, "passes/citizen/site.html", context)
    if not context["takes_passes"]:
        response["X-Robots-Tag"] = "noindex"
    return response


def _labels(words: type, stored: list[str]) -> str:
    """The schema's own words, with a French apostrophe, in one line."""
    known = dict(words.choices)  # type: ignore[attr-defined]
    return ", ".join(str(known[one]).replace("'", "’") for one in stored if one in known)
