"""« Suivre cet euro » at the counter: what one redemption of this site became, for those who stand there.

A device or a person, as the counter's door lets them in.
"""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from actors.models import Site
from impact import trace_presenting, tracing
from passes.models import Redemption
from passes.redemption import pass_name
from passes.views.till import at_till, counter_page


@require_GET
@at_till
def trace(request: HttpRequest, place: Site, redemption: uuid.UUID) -> HttpResponse:
    """From the pass to the bank line, for a redemption of this site; any other does not exist here."""
    principal = request.principal  # type: ignore[attr-defined]
    here = Redemption.objects.visible_to(principal).accepted().filter(actor_id=place.actor_id, site_id=place.pk)
    stored = get_object_or_404(here.select_related("service", "site__commune", "funder", "void"), pk=redemption)
    trail, name = tracing.one_use(principal, stored), pass_name(stored)
    chain = trace_presenting.counter_chain(trail, stored, name)
    context = {"redemption": stored, "name": name, "chain": chain, "section": "day"}
    return counter_page(request, "impact/counter_trace.html", place, context)
