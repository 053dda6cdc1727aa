"""« Suivre cet euro » at the counter: what one redemption of this site became, for those who stand there.

It needs the acting principal, its organisation and the site, and nothing of the person's membership.
"""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from actors.models import Site
from aptic.accounts.models import Role
from aptic.spaces import space
from aptic.tenancy.principal import Hat, Principal
from impact import trace_presenting, tracing
from passes.models import Redemption
from passes.redemption import pass_name
from passes.views.counter import AT_THE_COUNTER


@require_GET
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def trace(request: HttpRequest, site: uuid.UUID, redemption: uuid.UUID) -> HttpResponse:
    """From the pass to the bank line, for a redemption of this site; any other does not exist here."""
    principal = request.principal  # type: ignore[attr-defined]
    place = _place(principal, site)
    here = Redemption.objects.visible_to(principal).accepted().filter(actor_id=place.actor_id, site_id=place.pk)
    stored = get_object_or_404(here.select_related("service", "site__commune", "funder", "void"), pk=redemption)
    trail, name = tracing.one_use(principal, stored), pass_name(stored)
    context = {
        "site": place,
        "redemption": stored,
        "name": name,
        "chain": trace_presenting.counter_chain(trail, stored, name),
    }
    return TemplateResponse(request, "impact/counter_trace.html", context)


def _place(principal: Principal, site: uuid.UUID) -> Site:
    """The site, if the principal may stand there: counter staff where they were placed, a device at its own."""
    if principal.site_id not in (None, site):
        raise Http404
    sites = Site.objects.visible_to(principal).select_related("commune")
    if principal.role == Role.SCANNER:
        sites = sites.filter(staff__membership__user_id=principal.person_id)
    return get_object_or_404(sites, pk=site)
