"""The receipt of a redemption: to print or to show, to undo within the quarter of an hour, to ask about afterwards."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from actors.models import Site
from passes import redemption
from passes.codes import Code
from passes.errors import VoidRefused
from passes.models import Pass, Redemption, Session
from passes.views.counter.asides import asides_of
from passes.views.counter.lines import dress, history
from passes.views.counter.refusing import refused
from passes.views.till import at_till, counter_page
from passes.views.void_requests import note_request


@require_GET
@at_till
def done(request: HttpRequest, place: Site, redemption_id: uuid.UUID) -> HttpResponse:
    """The receipt of what was taken in one go, with the way to undo it while there is one."""
    stored = get_object_or_404(history(request, place).accepted(), pk=redemption_id)
    taken = dress(request, list(history(request, place).accepted().filter(**_one_go(stored)).order_by("pass_id")))
    live = [line for line in taken if line.is_live]
    context = {
        "redemption": stored,
        "taken": taken,
        "live": live,
        "cents": sum(line.one.value_cents for line in live or taken),
        "left": _left(stored),
        "may_void": any(line.may_void for line in taken),
        "asides": asides_of(request, place, live[0].one) if live else [],
        "back": _session_url(place, stored.session),
    }
    return counter_page(request, "passes/counter/done.html", place, context)


@require_POST
@at_till
def void(request: HttpRequest, place: Site, redemption_id: uuid.UUID) -> HttpResponse:
    """Undo one's own redemption within fifteen minutes; back to its session when it was removed from there."""
    try:
        redemption.void(redemption_id, request.till)  # type: ignore[attr-defined]
    except Redemption.DoesNotExist as error:
        raise Http404 from error
    except VoidRefused as error:
        return refused(request, place, error)
    if "session" in request.POST:
        stored = get_object_or_404(history(request, place), pk=redemption_id)
        if back := _session_url(place, stored.session):
            return redirect(f"{back}?retire={redemption_id}")
    return redirect("counter_done", organisation=place.actor_id, site=place.pk, redemption_id=redemption_id)


@require_POST
@at_till
def ask(request: HttpRequest, place: Site, redemption_id: uuid.UUID) -> HttpResponse:
    """Ask that a redemption of this counter be undone though its quarter of an hour is over; back to the receipt."""
    stored = get_object_or_404(history(request, place).accepted(), pk=redemption_id)
    note_request(request, stored, device_id=request.till.device_id)  # type: ignore[attr-defined]
    return redirect("counter_done", organisation=place.actor_id, site=place.pk, redemption_id=redemption_id)


def _one_go(stored: Redemption) -> dict[str, Any]:
    """What was taken together: one booklet, one till, one instant."""
    first = stored.pass_id >> 4 << 4
    return {"pass_id__range": (first, first + 15), "accounted_at": stored.accounted_at,
            "device_id": stored.device_id, "person_id": stored.person_id}  # fmt: skip


def _left(stored: Redemption) -> int:
    """How many passes of its booklet may still be used; whoever redeemed one has presented it."""
    first = stored.pass_id >> 4 << 4
    redemption.present([Code(0, stored.pass_id)])
    return Pass.objects.filter(pk__range=(first, first + 15), state=Pass.State.OPEN).count()


def _session_url(place: Site, session: uuid.UUID | None) -> str:
    """The page of the session of this site; empty when there is none."""
    if session is None or not Session.objects.filter(pk=session, site_id=place.pk).exists():
        return ""
    return reverse("counter_session", args=[place.actor_id, place.pk, session])
