"""What this counter did: the receipt of a redemption with its undoing, and the day."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from actors.models import Site
from passes import redemption, rules
from passes.errors import VoidRefused
from passes.models import Pass, Redemption
from passes.redemption import Till
from passes.views.counter.refusing import refused
from passes.views.till import at_till, counter_page


@require_GET
@at_till
def done(request: HttpRequest, place: Site, redemption_id: uuid.UUID) -> HttpResponse:
    """The receipt of what was taken in one go, with the way to undo it while there is one."""
    stored = get_object_or_404(_history(request, place).accepted(), pk=redemption_id)
    taken = list(_history(request, place).accepted().filter(**_one_go(stored)).order_by("pass_id"))
    live = [one for one in taken if not one.is_voided]
    now = timezone.now()
    context = {
        "redemption": stored,
        "taken": [
            {"one": one, "name": redemption.pass_name(one), "may_void": _may_void(request, one, now)} for one in taken
        ],
        "live": live,
        "cents": sum(one.value_cents for one in live or taken),
        "left": Pass.objects.filter(
            pk__range=(stored.pass_id >> 4 << 4, (stored.pass_id >> 4 << 4) + 15), state=Pass.State.OPEN
        ).count(),
    }
    return counter_page(request, "passes/counter/done.html", place, context)


@require_POST
@at_till
def void(request: HttpRequest, place: Site, redemption_id: uuid.UUID) -> HttpResponse:
    """Undo one's own redemption within fifteen minutes."""
    try:
        redemption.void(redemption_id, request.till)  # type: ignore[attr-defined]
    except Redemption.DoesNotExist as error:
        raise Http404 from error
    except VoidRefused as error:
        return refused(request, place, error)
    return redirect("counter_done", organisation=place.actor_id, site=place.pk, redemption_id=redemption_id)


@require_GET
@at_till
def day(request: HttpRequest, place: Site) -> HttpResponse:
    """What this counter redeemed, voided and refused today."""
    lines = _history(request, place).filter(accounted_at__gte=_midnight()).order_by("-accounted_at")[:200]
    context = {"lines": lines, "today": today(request, place), "section": "day"}
    return counter_page(request, "passes/counter/day.html", place, context)


def today(request: HttpRequest, place: Site) -> dict[str, int]:
    """How many passes this site took today, and their cents."""
    live = _history(request, place).live().filter(accounted_at__gte=_midnight())
    totals = live.order_by().aggregate(passes=Count("pk"), cents=Sum("value_cents"))
    return {"passes": totals["passes"], "cents": totals["cents"] or 0}


def _history(request: HttpRequest, place: Site) -> Any:
    return (
        Redemption.objects.visible_to(request.principal)  # type: ignore[attr-defined]
        .filter(actor_id=place.actor_id, site_id=place.pk)
        .select_related("service", "void", "site")
    )


def _one_go(stored: Redemption) -> dict[str, Any]:
    """What was taken together: one booklet, one till, one instant."""
    first = stored.pass_id >> 4 << 4
    return {"pass_id__range": (first, first + 15), "accounted_at": stored.accounted_at,
            "device_id": stored.device_id, "person_id": stored.person_id}  # fmt: skip


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _may_void(request: HttpRequest, stored: Redemption, now: datetime) -> bool:
    till: Till = request.till  # type: ignore[attr-defined]
    mine = (stored.device_id, stored.person_id) == (till.device_id, till.person_id)
    may = mine and not stored.is_voided and stored.turn is not None
    return rules.may_void(recorded_at=stored.accounted_at, now=now, same_till=may)
