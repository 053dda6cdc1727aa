"""The distributor's space: hand a booklet out, undo it within the day, see what was given and what is left.

One thing at a time, on plain forms, as at the counter: a scanner that types and ends with Enter works like a person.
Opening a page never hands anything out. The code itself goes no further than the first form: what follows carries a
sealed number, so that no page shows a code that could be spent.
"""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aptic.accounts.models import Role, User
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes import codes, custody, distribution, terms
from passes.balance import balance_of, nearest, sites_for
from passes.custody import Holding
from passes.errors import HandOutRefused
from passes.models import Batch, Booklet, HandOut, Pass
from passes.permissions import DECIDERS
from passes.rules import FIRST_DAY
from passes.views.cards import Card, card
from passes.views.typed import not_stored, read_code

PER_PAGE = 50
NEAREST = 3  # sites to name to the person
READERS = (*DECIDERS, Role.FINANCE)
NOTHING_TYPED = {"typed": "", "error": None, "earlier": None}
SALT, SHOWN_FOR = "hand-out", 1800  # seconds between looking and confirming


@require_GET
@space(Hat.DISTRIBUTOR, roles=READERS)
def home(request: HttpRequest) -> HttpResponse:
    """The field to hand a booklet out, what is left, and how far those given have gone."""
    today, stock = timezone.localdate(), _usable(request)
    given = _given(request).filter(undone_at__isnull=True)
    context = {
        "may_hand_out": _may_hand_out(request),
        "left": sum(one.left for one in stock),
        "next": stock[0] if stock else None,
        "month": given.filter(handed_out_at__gte=_midnight(today.replace(day=1))).count(),
        "success": custody.success(request.principal.organisation_id, since=_midnight(today - timedelta(days=365))),  # type: ignore[attr-defined]
        "rows": _rows(list(given[:5])),
        "month_query": f"?mois={today:%Y-%m}",
        **NOTHING_TYPED,
    }
    return TemplateResponse(request, "passes/distributor/home.html", context)


@require_http_methods(["GET", "POST"])
@not_stored
@space(Hat.DISTRIBUTOR, roles=DECIDERS)
def hand_out(request: HttpRequest) -> HttpResponse:
    """Ask for a code; given one, show the booklet and what handing it out would do."""
    typed = request.POST.get("code", "")
    if not typed:
        return TemplateResponse(request, "passes/distributor/ask.html", NOTHING_TYPED)
    try:
        code = read_code(request, typed)
    except DomainError as error:
        return _ask_again(request, error, typed=typed)
    if refusal := distribution.refusal_of(code.booklet_id, timezone.now()):
        return _ask_again(request, HandOutRefused(refusal), booklet_id=code.booklet_id)
    context = {"sealed": signing.dumps(code.booklet_id, salt=SALT), **_shown(code.booklet_id)}
    return TemplateResponse(request, "passes/distributor/confirm.html", context)


@require_POST
@not_stored
@space(Hat.DISTRIBUTOR, roles=DECIDERS)
def confirm(request: HttpRequest) -> HttpResponse:
    """Hand the booklet shown out; then what to say to the person."""
    try:
        booklet_id = signing.loads(request.POST.get("booklet", ""), salt=SALT, max_age=SHOWN_FOR)
    except signing.BadSignature:
        return _ask_again(request, HandOutRefused("page_too_old"))
    try:
        made = distribution.hand_out(booklet=_booklet(request, booklet_id))
    except DomainError as error:
        return _ask_again(request, error, booklet_id=booklet_id)
    return redirect("distributor_handed_out", organisation=made.distributor_id, pk=made.pk)


@require_GET
@space(Hat.DISTRIBUTOR, roles=READERS)
def handed_out(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One hand-out: what to say to the person, and the way back while there is one."""
    made = get_object_or_404(_given(request), pk=pk)
    used = custody.used_by_booklet([made.booklet_id])[made.booklet_id]
    same_day = distribution.same_day(made.handed_out_at, timezone.now())
    context = {
        "hand_out": made,
        "used": used,
        "may_hand_out": _may_hand_out(request),
        "may_undo": _may_hand_out(request) and made.undone_at is None and same_day and not used,
        "near": [] if made.undone_at else _near(request, made.booklet_id),
        **_shown(made.booklet_id),
    }
    return TemplateResponse(request, "passes/distributor/done.html", context)


@require_POST
@space(Hat.DISTRIBUTOR, roles=DECIDERS)
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a hand-out back, on its own day."""
    made = get_object_or_404(_given(request), pk=pk)
    distribution.undo_hand_out(hand_out=made)
    messages.success(request, "Remise annulée. Le carnet est de nouveau dans votre stock.")
    return redirect("distributor_handed_out", organisation=made.distributor_id, pk=made.pk)


@require_GET
@space(Hat.DISTRIBUTOR, roles=READERS)
def hand_outs(request: HttpRequest) -> HttpResponse:
    """What was handed out today, or in a month, the latest first."""
    today = timezone.localdate()
    month = _month(request.GET.get("mois", ""))
    first = month or today
    after = _next_month(month) if month else today + timedelta(days=1)
    given = _given(request).filter(handed_out_at__gte=_midnight(first), handed_out_at__lt=_midnight(after))
    page = Paginator(given, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": _rows(list(page)),
        "live": given.filter(undone_at__isnull=True).count(),
        "today": today,
        "month": month,
        "this_month": today.replace(day=1),
        "previous": ((month or today).replace(day=1) - timedelta(days=1)).replace(day=1),
        "following": after if month and after <= today else None,
        "may_hand_out": _may_hand_out(request),
    }
    return TemplateResponse(request, "passes/distributor/hand_outs.html", context)


@require_GET
@space(Hat.DISTRIBUTOR, roles=READERS)
def stock(request: HttpRequest) -> HttpResponse:
    """What was received of each batch, what was handed out, what is left: the usable ones first."""
    usable = _usable(request)
    others = [one for one in _holdings(request) if one not in usable]
    page = Paginator([*usable, *others], PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "now": timezone.now(), "left": sum(one.left for one in usable)}
    return TemplateResponse(request, "passes/distributor/stock.html", context)


def _ask_again(
    request: HttpRequest, error: DomainError, *, typed: str = "", booklet_id: int | None = None
) -> HttpResponse:
    """The question again, with why. What is not a code stays in the field to be mended; a real one is not shown."""
    earlier = None
    if error.code == "given":
        earlier = _given(request).filter(booklet_id=booklet_id, undone_at__isnull=True).first()
    context = {"error": error, "typed": typed, "earlier": earlier}
    return TemplateResponse(request, "passes/distributor/ask.html", context, status=error.status)


def _shown(booklet_id: int) -> dict[str, Any]:
    """A booklet as the person who receives it should understand it."""
    with custody.holding([booklet_id]):
        booklet = Booklet.objects.get(pk=booklet_id)
        batch = Batch.objects.select_related("campaign", "funder").get(pk=booklet.batch_id)
        states = Pass.objects.filter(pk__range=(booklet_id << 4, (booklet_id << 4) + 15)).values_list("pk", "state")
        drawn = [{"number": pk & 15, "state": _drawn(state)} for pk, state in states]
    usable = sum(one["state"] == "alive" for one in drawn)
    return {
        "booklet": booklet,
        "name": codes.short(booklet_id << 4, batch.code_key),
        "batch": batch,
        "passes": drawn,
        "usable": usable,
        "cents": usable * batch.face_value_cents,
        "services": terms.what_for(batch.campaign),
        "territories": terms.where(batch.campaign),
        "starts_later": batch.valid_from > timezone.now(),
    }


def _near(request: HttpRequest, booklet_id: int) -> list[Card]:
    """The sites closest to the distributor that take this booklet's passes."""
    centre = request.organisation.commune  # type: ignore[attr-defined]
    if centre is None:
        return []
    with custody.holding([booklet_id]):
        batch = Batch.objects.get(booklet=booklet_id)
        found = balance_of(codes.Code(version=batch.code_key, serial=booklet_id << 4), at=timezone.now())
        near = nearest(sites_for(found.scope), centre, limit=NEAREST)
        return [card(one.site, km=one.distance_km, only=found.services) for one in near]


def _drawn(state: str) -> str:
    return {Pass.State.OPEN: "alive", Pass.State.BLOCKED: "no"}.get(Pass.State(state), "used")


def _rows(given: list[HandOut]) -> list[dict[str, Any]]:
    """Hand-outs as lists show them: the booklet, its operation, who gave it, how many passes were used."""
    ids = [one.booklet_id for one in given]
    with custody.holding(ids):
        booklets = Booklet.objects.select_related("batch__campaign").in_bulk(ids)
    used = custody.used_by_booklet(ids)
    people = dict(User.objects.filter(pk__in={one.handed_out_by for one in given}).values_list("pk", "full_name"))
    return [
        {
            "hand_out": one,
            "booklet": booklets[one.booklet_id],
            "person": people.get(one.handed_out_by, ""),
            "used": used[one.booklet_id],
        }
        for one in given
    ]


def _booklet(request: HttpRequest, booklet_id: int) -> Booklet:
    """A booklet of one's own stock. Raises HandOutRefused."""
    mine = Booklet.objects.filter(pk=booklet_id, distributor_id=request.principal.organisation_id)  # type: ignore[attr-defined]
    if booklet := mine.first():
        return booklet
    raise HandOutRefused("not_in_stock")


def _given(request: HttpRequest) -> QuerySet[HandOut]:
    """The hand-outs of the acting distributor; it may also be the funder of others'."""
    principal = request.principal  # type: ignore[attr-defined]
    return HandOut.objects.visible_to(principal).filter(distributor_id=principal.organisation_id)


def _holdings(request: HttpRequest) -> list[Holding]:
    return custody.holdings(request.principal.organisation_id)  # type: ignore[attr-defined]


def _usable(request: HttpRequest) -> list[Holding]:
    """What can still be handed out, the batch that ends first on top."""
    now = timezone.now()
    return [one for one in _holdings(request) if one.left and one.batch.valid_until > now]


def _may_hand_out(request: HttpRequest) -> bool:
    return request.principal.role in DECIDERS  # type: ignore[attr-defined]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _month(text: str) -> date | None:
    """The first day of "2026-11"; None for today, for anything else, and for a month of which there is nothing."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= timezone.localdate() else None


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
