"""« Suivre cet euro », the same page in three spaces: a search, then the whole chain of what it finds."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from aptic.ledger.describe import describe
from aptic.ledger.kinds import TransferKind
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from impact import trace_presenting as presenting
from impact import trace_search, tracing

PAGE = 30


def _search(request: HttpRequest) -> HttpResponse:
    """Find a point by what is printed, written on a bank statement, or named on a page."""
    text = request.GET.get("q", "").strip()
    found = trace_search.find(request.principal, text) if text else []
    address = _address(request)
    if len(found) == 1:
        return redirect(address(found[0].kind, found[0].ref))
    context = {
        "typed": text,
        "found": [{"label": one.label, "url": address(one.kind, one.ref)} for one in found],
        "starts": [
            {"label": one.label, "url": address(one.kind, one.ref)} for one in trace_search.starts(request.principal)
        ],
    }
    return TemplateResponse(request, "impact/follow.html", context)


def _show(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The chain of one point, and what it is made of."""
    address = _address(request)
    try:
        if kind == "transfer":
            return redirect(address(*tracing.transfer_point(request.principal, ref)))
        trail = tracing.follow(request.principal, kind, ref)
    except tracing.NothingToFollow as error:
        raise Http404 from error
    page = Paginator(trail.redemptions.order_by("-accounted_at", "pk"), PAGE).get_page(request.GET.get("page"))
    words = describe([(TransferKind.REDEEM.value, one.pk) for one in page])
    if trail.point.single and page and trail.booklet is None:  # an actor knows a pass by what its statement prints
        code = words[TransferKind.REDEEM.value, page[0].pk].code
        trail.point = replace(trail.point, title=f"Pass {code}")
    context = {
        "trail": trail,
        "chain": presenting.chain(trail, address),
        "lines": presenting.line_rows(trail, address),
        "batches": presenting.batch_rows(trail, address),
        "places": presenting.place_rows(trail, address),
        "payouts": presenting.payout_rows(trail, address),
        "several_funders": len({one.funder for one in trail.payouts}) > 1,
        "page_obj": page,
        "shown": tracing.SHOWN,
        "follow_url": reverse(f"{request.principal.hat.value}_follow", args=[request.organisation.pk]),
        "redemptions": [
            {"one": one, "about": words[TransferKind.REDEEM.value, one.pk], "url": address("redemption", one.pk)}
            for one in page
        ],
    }
    return TemplateResponse(request, "impact/trace.html", context)


def _address(request: HttpRequest) -> Callable[[str, object], str]:
    """Where this space follows a point."""
    name, organisation = f"{request.principal.hat.value}_trace", request.organisation.pk

    def address(kind: str, ref: object) -> str:
        return reverse(name, args=[organisation, kind, str(ref)])

    return address


def _named(view: Callable[..., HttpResponse], hat: Hat) -> Callable[..., HttpResponse]:
    found = partial(view)
    found.__name__, found.__doc__, found.__module__ = view.__name__, view.__doc__, __name__  # type: ignore[attr-defined]
    return require_GET(space(hat)(found))


operator_follow, funder_follow, actor_follow = (_named(_search, hat) for hat in (Hat.OPERATOR, Hat.FUNDER, Hat.ACTOR))
operator_trace, funder_trace, actor_trace = (_named(_show, hat) for hat in (Hat.OPERATOR, Hat.FUNDER, Hat.ACTOR))
