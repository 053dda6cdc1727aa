"""« Suivre cet euro » for who hands booklets out: how far one of its own is used, and nothing of the person."""

from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from aptic.spaces import space
from aptic.tenancy.principal import Hat
from impact.trace_presenting import booklet_chain
from passes import custody
from passes.models import Batch, Booklet, Pass
from passes.views.distributor import READERS


@require_GET
@space(Hat.DISTRIBUTOR, roles=READERS)
def trace(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """A booklet that it holds or handed out; nothing else is a distributor's to follow."""
    if kind != "booklet" or not ref.isdecimal() or len(ref) > len(str(1 << 26)):
        raise Http404
    mine = Booklet.objects.filter(distributor_id=request.principal.organisation_id)  # type: ignore[attr-defined]
    booklet = get_object_or_404(mine, pk=int(ref))
    with custody.holding([booklet.pk]):
        batch = Batch.objects.select_related("campaign", "funder").get(pk=booklet.batch_id)
        passes = Pass.objects.filter(pk__range=(booklet.pk << 4, (booklet.pk << 4) + 15))
        states = Counter(passes.order_by("pk").values_list("state", flat=True))
    context = {"booklet": booklet, "chain": booklet_chain(booklet, batch, states)}
    return TemplateResponse(request, "impact/booklet_trace.html", context)
