"""The counter: look up, show what will be taken, choose the service, confirm, clear answer, undo.

One thing at a time, on plain forms: a scanner that types and ends with Enter works like a person. Opening a page never
redeems; the id of an attempt is made when the pass is shown, so that sending the form twice takes the pass once.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from actors.models import Site
from aptic.accounts.models import Membership, Role
from aptic.accounts.principals import principal_for
from aptic.spaces import personal, space
from aptic.tenancy.principal import Hat, acting
from aptic.vocabulary.models import Service
from passes import codes, guessing, redemption, rules
from passes.errors import CodeUnknown, IdReused, Refused, TooManyAttempts, VoidRefused
from passes.models import Pass, Redemption
from passes.redemption import Attempt, Till, View
from passes.views.typed import not_stored

AT_THE_COUNTER = (Role.MANAGER, Role.AGENT, Role.SCANNER)


@require_GET
@personal
def choose_site(request: HttpRequest) -> HttpResponse:
    """The sites where the person logged in may redeem; straight to the only one."""
    memberships = Membership.objects.active().filter(
        user_id=request.user.pk, organisation__is_actor=True, role__in=AT_THE_COUNTER
    )
    sites = []
    for membership in memberships.select_related("organisation"):
        with acting(principal_for(membership, Hat.ACTOR)):  # who stands where is the actor's to read
            sites += _sites(membership)
    if len(sites) == 1:
        return redirect("counter", organisation=sites[0].actor_id, site=sites[0].pk)
    return TemplateResponse(request, "passes/counter/choose.html", {"sites": sites})


@require_http_methods(["GET", "POST"])
@not_stored
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def counter(request: HttpRequest, site: uuid.UUID) -> HttpResponse:
    """Ask for a code; given one, show the pass and what would be taken."""
    place = _place(request, site)
    typed = request.POST.get("code", "")
    context: dict[str, Any] = {"site": place, "typed": typed, "today": _today(request, place)}
    if not typed:
        return TemplateResponse(request, "passes/counter/ask.html", context)
    try:
        with acting(request.principal.at_site(place.pk)):  # type: ignore[attr-defined]
            context |= _show(request, place, typed)
    except Refused as error:
        return TemplateResponse(request, "passes/counter/ask.html", context | {"error": error}, status=error.status)
    return TemplateResponse(request, "passes/counter/confirm.html", context)


@require_POST
@not_stored
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def confirm(request: HttpRequest, site: uuid.UUID) -> HttpResponse:
    """Redeem the pass shown, for the service chosen; then show the answer."""
    place = _place(request, site)
    code = codes.parse(request.POST.get("code", ""))
    service = Service.objects.filter(pk=request.POST.get("service") or 0, active=True).first()
    if code is None or code.is_training or service is None:
        return redirect("counter", organisation=place.actor_id, site=place.pk)
    attempt = Attempt(_uuid(request.POST.get("attempt")), code, service.pk, timezone.now())

    def work() -> redemption.Outcome:
        with acting(request.principal.at_site(place.pk)):  # type: ignore[attr-defined]
            redemption.present([code], site_id=place.pk)
            return redemption.redeem(_till(request, place), [attempt])[0]

    context: dict[str, Any] = {"site": place, "service": service}
    try:
        outcome = redemption.once_more_if_raced(work)
    except IdReused as error:
        return TemplateResponse(request, "passes/counter/refused.html", context | {"error": error}, status=error.status)
    if outcome.error is not None:
        context |= {"error": outcome.error, "name": outcome.pass_name}
        return TemplateResponse(request, "passes/counter/refused.html", context, status=outcome.error.status)
    request.session["counter_service"] = service.pk
    return redirect("counter_done", organisation=place.actor_id, site=place.pk, redemption_id=attempt.id)


@require_GET
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def done(request: HttpRequest, site: uuid.UUID, redemption_id: uuid.UUID) -> HttpResponse:
    """The receipt of one redemption, with the way to undo it while there is one."""
    place = _place(request, site)
    stored = get_object_or_404(_history(request, place), pk=redemption_id)
    context = {
        "site": place,
        "redemption": stored,
        "name": redemption.pass_name(stored),
        "may_void": _may_void(request, stored, timezone.now()),
        "left": Pass.objects.filter(
            pk__range=(stored.pass_id >> 4 << 4, (stored.pass_id >> 4 << 4) + 15), state=Pass.State.OPEN
        ).count(),
    }
    return TemplateResponse(request, "passes/counter/done.html", context)


@require_POST
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def void(request: HttpRequest, site: uuid.UUID, redemption_id: uuid.UUID) -> HttpResponse:
    """Undo one's own redemption within fifteen minutes."""
    place = _place(request, site)
    try:
        redemption.void(redemption_id, _till(request, place))
    except Redemption.DoesNotExist as error:
        raise Http404 from error
    except VoidRefused as error:
        return TemplateResponse(
            request, "passes/counter/refused.html", {"site": place, "error": error}, status=error.status
        )
    return redirect("counter_done", organisation=place.actor_id, site=place.pk, redemption_id=redemption_id)


@require_GET
@space(Hat.ACTOR, roles=AT_THE_COUNTER)
def day(request: HttpRequest, site: uuid.UUID) -> HttpResponse:
    """What this counter redeemed, voided and refused today."""
    place = _place(request, site)
    lines = _history(request, place).filter(accounted_at__gte=_midnight()).order_by("-accounted_at")[:200]
    context = {"site": place, "lines": lines, "today": _today(request, place)}
    return TemplateResponse(request, "passes/counter/day.html", context)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One small ticket of the booklet's row."""

    number: int
    state: str


def _show(request: HttpRequest, place: Site, typed: str) -> dict[str, Any]:
    """The pass behind a typed code, as the confirmation page shows it. Raises Refused."""
    who = str(request.user.pk)
    if guessing.is_blocked("device", who):
        raise TooManyAttempts(retry_after=guessing.DEVICE_PERIOD)
    code = codes.parse(typed)
    if code is None:
        guessing.note_failure("device", who)
    if code is None or code.is_training:  # a training code bears the serial of somebody's pass
        raise CodeUnknown
    redemption.present([code], site_id=place.pk)
    view = redemption.look_up(_till(request, place), code)
    if reason := view.refusal(None, timezone.now()):
        raise Refused(reason)
    return {
        "code": codes.encode(code.serial, code.version),
        "attempt": uuid.uuid4(),
        "view": view,
        "last_day": view.facts.valid_until - rules.CLOCK_TOLERANCE,
        "booklet": _drawn(code),
        "services": _offered(place, view),
        "chosen": request.session.get("counter_service"),
    }


def _drawn(code: codes.Code) -> list[Drawn]:
    states = {Pass.State.OPEN: "alive", Pass.State.BLOCKED: "no"}
    rows = Pass.objects.filter(pk__range=(code.booklet_id << 4, (code.booklet_id << 4) + 15)).values_list("pk", "state")
    return [Drawn(pk & 15, "now" if pk == code.serial else states.get(Pass.State(state), "used")) for pk, state in rows]


def _offered(place: Site, view: View) -> list[Service]:
    """What this pass pays, the site's own services first."""
    services = Service.objects.filter(active=True).order_by("position")
    if view.facts.services:
        services = services.filter(pk__in=view.facts.services)
    return sorted(services, key=lambda service: service.pk not in place.services)


def _place(request: HttpRequest, site: uuid.UUID) -> Site:
    for place in _sites(request.membership):  # type: ignore[attr-defined]
        if place.pk == site:
            return place
    raise Http404


def _sites(membership: Membership) -> list[Site]:
    """The sites where a member may redeem; counter staff only where they were placed."""
    sites = Site.objects.filter(actor_id=membership.organisation_id).select_related("commune")
    if membership.role == Role.SCANNER:
        sites = sites.filter(staff__membership=membership)
    return list(sites)


def _till(request: HttpRequest, place: Site) -> Till:
    return Till(site_id=place.pk, actor_id=place.actor_id, person_id=request.user.pk)


def _history(request: HttpRequest, place: Site) -> Any:
    return (
        Redemption.objects.visible_to(request.principal)  # type: ignore[attr-defined]
        .filter(actor_id=place.actor_id, site_id=place.pk)
        .select_related("service", "void", "site")
    )


def _today(request: HttpRequest, place: Site) -> dict[str, int]:
    live = _history(request, place).live().filter(accounted_at__gte=_midnight())
    totals = live.order_by().aggregate(passes=Count("pk"), cents=Sum("value_cents"))
    return {"passes": totals["passes"], "cents": totals["cents"] or 0}


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _may_void(request: HttpRequest, stored: Redemption, now: datetime) -> bool:
    mine = stored.person_id == request.user.pk and not hasattr(stored, "void") and stored.turn is not None
    return rules.may_void(recorded_at=stored.accounted_at, now=now, same_till=mine)


def _uuid(text: str | None) -> uuid.UUID:
    """The attempt's id from the form; a damaged one becomes a new attempt, which the pass's own row protects."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.uuid4()


def counter_url(site: Site) -> str:
    """The address of a site's counter."""
    return reverse("counter", args=[site.actor_id, site.pk])
