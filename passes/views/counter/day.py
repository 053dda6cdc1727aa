"""The day of a counter: what it took, undid and refused, its sessions, and how much that is."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from actors.models import Site
from aptic.days import read_day
from passes import rules, sessions
from passes.models import Session
from passes.views.counter.lines import dress, history
from passes.views.till import at_till, counter_page

MOST = 200  # lines of one page; the totals count every line
LIVE, VOIDED = Q(turn__isnull=False, void__isnull=True), Q(void__isnull=False)


@require_GET
@at_till
def day(request: HttpRequest, place: Site) -> HttpResponse:
    """One day of this site, today unless `jour` names another; page by page, the latest first."""
    today = timezone.localdate()
    chosen = min(_day(request.GET.get("jour")) or today, today)
    rows = history(request, place).filter(**_within(chosen)).order_by("-accounted_at", "pk")
    page = _page(request.GET.get("page"))
    found = list(rows[(page - 1) * MOST : page * MOST + 1])
    earlier = list(_undone(request, place, chosen))
    held = list(_sessions(request, place, chosen))
    counted = sessions.counted_by_session(held)
    lines = dress(request, found[:MOST] + earlier)
    context = {
        "section": "day",
        "chosen": chosen,
        "today": today,
        "totals": totals(request, place, chosen),
        "lines": lines[: len(lines) - len(earlier)],
        "undone": lines[len(lines) - len(earlier) :],
        "sessions": [{"one": one, "counted": counted.get(one.pk, (0, 0))} for one in held],
        "before": page - 1,
        "after": page + 1 if len(found) > MOST else 0,
    }
    return counter_page(request, "passes/counter/day.html", place, context)


def totals(request: HttpRequest, place: Site, chosen: date) -> dict[str, int]:
    """How many passes this site took and undid on a day with their cents, and how many it refused; one query."""
    rows = history(request, place).filter(**_within(chosen)).order_by()
    found = rows.aggregate(
        passes=Count("pk", filter=LIVE),
        cents=Sum("value_cents", filter=LIVE),
        voided=Count("pk", filter=VOIDED),
        voided_cents=Sum("value_cents", filter=VOIDED),
        refused=Count("pk", filter=Q(turn__isnull=True)),
    )
    return {name: value or 0 for name, value in found.items()}


def _undone(request: HttpRequest, place: Site, chosen: date) -> Any:
    """What was taken before that day and undone on it: it leaves the total of the day it was taken on."""
    within = {f"void__{name}": at for name, at in _within(chosen).items()}
    rows = history(request, place).filter(**within, void__actor_id=place.actor_id, accounted_at__lt=_midnight(chosen))
    return rows.order_by("void__accounted_at", "pk")[:MOST]


def _sessions(request: HttpRequest, place: Site, chosen: date) -> Any:
    """Those held that day, or opened on it."""
    mine = Session.objects.visible_to(request.principal).filter(site_id=place.pk)  # type: ignore[attr-defined]
    opened = Q(opened_at__gte=_midnight(chosen), opened_at__lt=_midnight(chosen + timedelta(days=1)))
    return (
        mine.filter(opened | Q(held_on=chosen))
        .select_related("service", "site__commune")
        .order_by("opened_at", "pk")[:MOST]
    )


def _within(chosen: date) -> dict[str, datetime]:
    return {"accounted_at__gte": _midnight(chosen), "accounted_at__lt": _midnight(chosen + timedelta(days=1))}


def _midnight(chosen: date) -> datetime:
    return datetime(chosen.year, chosen.month, chosen.day, tzinfo=timezone.get_current_timezone())


def _day(text: str | None) -> date | None:
    """The day of an address; None when it is none that exists, or of before this software."""
    found = read_day(text)
    return found if found and found >= rules.FIRST_DAY else None


def _page(text: str | None) -> int:
    return max(1, int(text)) if text and text.isdecimal() and len(text) < 5 else 1
