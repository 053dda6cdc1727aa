"""The hub's space: its territory in one page, its actors by band, its plan."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from actors.models import Actor, Site
from aptic.accounts.models import User
from aptic.errors import DomainError
from aptic.forms import DateField, DomainForm
from aptic.french import plural
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.services import territory_label
from aptic.text import search_key
from impact import hub
from impact.models import Band, HubActor
from impact.territories import map_within
from qualification import plans
from qualification.hubs import live_remit, remit_of
from qualification.models import LIVE, HubApplication, Plan, PlanTask
from qualification.plan_rules import ASKED_BY_GAP, progress

PER_PAGE = 25
LATE = 5
FORMER = 10
BAND_TAGS = {Band.UNDER: "wait", Band.WITHIN: "ok", Band.ABOVE: "brand"}
STATE_TAGS = {Actor.State.QUALIFIED: "ok", Actor.State.SUSPENDED: "no"}


class ReachedForm(DomainForm):
    """Since when the territory is operational."""

    reached_on = DateField(label="Opérationnel depuis le", help_text="La couverture dit que rien ne manque.")


@require_safe
@space(Hat.HUB)
def home(request: HttpRequest) -> HttpResponse:
    """The territory: what its inhabitants find, what is missing, who acts there, and how far the plan is."""
    remit = live_remit(request.organisation.pk)
    if remit is None:
        return render(request, "impact/hub/home.html", {"remit": None})
    today = timezone.localdate()
    plan = plans.live_plan(remit)
    tasks = PlanTask.objects.filter(plan=plan)
    actors = hub.count_actors()
    funders = list(hub.open_campaigns(today).values_list("funder_id", flat=True))
    context = {
        "remit": remit,
        "label": territory_label(remit.territory),
        "standing": hub.standing(remit.territory),
        "parts": hub.parts(remit.territory),
        "map": map_within(remit.territory),
        "actors": actors,
        "bands": [(band.value, band.label, actors.bands[band]) for band in Band if actors.bands[band]],
        "applications": HubApplication.objects.filter(state__in=LIVE).count(),
        "funders": len(set(funders)),
        "plan": plan,
        "progress": progress(tasks.counted()) if plan else None,
        "late": list(tasks.filter(done=False, due_on__lt=today)[:LATE]) if plan else [],
        "may_write": request.principal.role in plans.WRITES,
    }
    return render(request, "impact/hub/home.html", context)


@require_safe
@space(Hat.HUB)
def actor_list(request: HttpRequest) -> HttpResponse:
    """Actors with an open site in the territory, by name, state and band."""
    remit = remit_of(request.organisation)
    typed = request.GET.get("q", "").strip()
    state = next((one for one in Actor.State.values if one == request.GET.get("etat")), "")
    band = next((one for one in Band.values if one and one == request.GET.get("tranche")), "")
    wanted = {"state": state, "band": band, "search_key__startswith": search_key(typed)}
    rows = HubActor.objects.filter(**{name: value for name, value in wanted.items() if value})
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "label": territory_label(remit.territory),
        "page_obj": page,
        "rows": [(one, STATE_TAGS.get(Actor.State(one.state), ""), BAND_TAGS.get(Band(one.band), "")) for one in page],
        "typed": typed,
        "states": [one for one in Actor.State.choices if one[0] != Actor.State.REMOVED],
        "state": state,
        "bands": [one for one in Band.choices if one[0]],
        "band": band,
    }
    return render(request, "impact/hub/actors.html", context)


@require_safe
@space(Hat.HUB)
def actor_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One actor of the territory: its state, its band, and its open sites there."""
    remit = remit_of(request.organisation)
    actor = get_object_or_404(HubActor.objects.all(), pk=pk)
    sites = Site.objects.filter(hub.standing_in(remit.territory), actor_id=pk, open=True).select_related("commune")
    context = {
        "actor": actor,
        "label": territory_label(remit.territory),
        "state_tag": STATE_TAGS.get(Actor.State(actor.state), ""),
        "band_tag": BAND_TAGS.get(Band(actor.band), ""),
        "sites": sites.order_by("search_key", "id"),
    }
    return render(request, "impact/hub/actor.html", context)


@require_safe
@space(Hat.HUB)
def plan_page(request: HttpRequest) -> HttpResponse:
    """The plan, step by step, beside what coverage says today."""
    return _show_plan(request, ReachedForm(initial={"reached_on": timezone.localdate()}))


def _show_plan(request: HttpRequest, form: ReachedForm, status: int = 200) -> HttpResponse:
    remit = remit_of(request.organisation)
    found = Plan.objects.visible_to(request.principal).filter(remit=remit)
    plan = found.live().first()
    standing = hub.standing(remit.territory)
    context: dict[str, Any] = {
        "label": territory_label(remit.territory),
        "plan": plan,
        "standing": standing,
        "former": found.exclude(ended_at=None).order_by("-ended_at")[:FORMER],
        "may_write": request.principal.role in plans.WRITES,
        "form": form,
    }
    if plan:
        people = PlanTask.objects.filter(plan=plan).exclude(marked_by=None).order_by().values("marked_by")
        names = dict(User.objects.filter(pk__in=people).values_list("pk", "full_name"))
        lacks = [gap.code for gap in standing.gaps] if standing else list(ASKED_BY_GAP)
        steps = hub.shown_steps(plan, names, lacks, timezone.localdate())
        context["steps"] = steps
        context["progress"] = progress({one.key: (one.progress.done, one.progress.whole) for one in steps})
    return render(request, "impact/hub/plan.html", context, status=status)


@require_POST
@space(Hat.HUB, roles=plans.WRITES)
def plan_propose(request: HttpRequest) -> HttpResponse:
    """Add the tasks that the facts ask for."""
    added = hub.propose(plan=_plan(request))
    if added:
        messages.success(
            request, f"{plural(added, 'tâche proposée,tâches proposées')} : relisez-les, et dites qui les fait."
        )
    else:
        messages.info(request, "Rien de nouveau : tout ce que la couverture demande est déjà dans le plan.")
    return redirect("hub_plan", request.organisation.pk)


@require_POST
@space(Hat.HUB, roles=plans.WRITES)
def plan_reach(request: HttpRequest) -> HttpResponse:
    """Note since when the territory is operational, or, with `effacer`, take that back."""
    plan, form = _plan(request), ReachedForm(request.POST)
    clears = "effacer" in request.POST
    if not clears and not form.is_valid():
        return _show_plan(request, form, status=422)
    try:
        hub.reach(plan=plan, on=None if clears else form.cleaned_data["reached_on"])
    except DomainError as error:
        form.refuse(error)
        return _show_plan(request, form, status=error.status)
    messages.success(request, "C’est effacé." if clears else "C’est noté : le territoire est opérationnel.")
    return redirect("hub_plan", request.organisation.pk)


def _plan(request: HttpRequest) -> Plan:
    plan = plans.live_plan(remit_of(request.organisation))
    if plan is None:
        raise Http404
    return plan
