"""Ratio, coverage, thresholds and the simulator, in the operator's space and in the funder's."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.french import number
from aptic.jobs.following import back_to, followed
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.errors import UnknownTerritory
from aptic.territories.models import Departement
from aptic.territories.rules import FRANCE
from aptic.territories.services import search_territories, territory_label
from impact import coverage, ratio, simulator_rules, tasks, territories
from impact.coverage_forms import SimulatorForm, ThresholdsForm
from impact.models import ActorRatio, Alert, Coverage, TerritoryRatio
from impact.ratio_rules import RATIO_HIGH_CENTS, RATIO_LOW_CENTS
from qualification.decision import decision_on

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
ALERTS = (("", "Tous"), (Alert.STARVING, "Sous le ratio"), (Alert.OVERLOADED, "Surchargés"), (Alert.NEW, "Récents"))
TAGS = {Alert.STARVING: "wait", Alert.OVERLOADED: "brand", Alert.NEW: "", Alert.NONE: "ok"}


@require_safe
@space(Hat.OPERATOR)
def operator_list(request: HttpRequest) -> HttpResponse:
    """The operator: places and deserts on a map, with the table behind."""
    context = _list(request, by_caps=True)
    context["job"] = followed(request, tasks.TERRITORIES)
    context["may_decide"] = request.principal.role in DECIDERS
    return render(request, "impact/territories.html", context)


@require_safe
@space(Hat.FUNDER)
def funder_list(request: HttpRequest) -> HttpResponse:
    """A funder: which territories are operational."""
    return render(request, "impact/territories.html", _list(request, by_caps=False))


def _list(request: HttpRequest, *, by_caps: bool) -> dict[str, Any]:
    level = _known(territories.LEVELS, request.GET.get("niveau"), "epci")
    states = [one for one in territories.STATES if by_caps or one[0] != "complets"]
    state = _known(states, request.GET.get("etat"), "")
    departement = Departement.objects.filter(pk=request.GET.get("departement", "")).first()
    code = departement.pk if departement else ""
    typed = request.GET.get("q", "").strip()
    rows = territories.chosen(level=level, state=state, departement=code)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "hat": "operator" if by_caps else "funder",
        "page_obj": page,
        "lines": territories.lines(page),
        "map": territories.map_of(level=level, inside=f"departement:{code}" if code else FRANCE, by_caps=by_caps),
        "levels": [(label, _address(one, state, code), one == level) for one, label in territories.LEVELS],
        "states": [(label, _address(level, one, code), one == state) for one, label in states],
        "departements": Departement.objects.order_by("code"),
        "departement": departement,
        "level": level,
        "state": state,
        "typed": typed,
        "found": search_territories(typed) if typed else [],
        "measured": Coverage.objects.filter(pk="france").first(),
    }


def _known(pairs: Any, given: str | None, usual: str) -> str:
    return next((code for code, _ in pairs if code == given), usual)


def _address(level: str, state: str, departement: str) -> str:
    return f"?niveau={level}&etat={state}&departement={departement}"


@require_safe
@space(Hat.OPERATOR)
def operator_detail(request: HttpRequest, territory: str) -> HttpResponse:
    """The operator: what is missing, the ratio of its actors, the price of one more."""
    context = _detail(territory)
    context["ratio"] = TerritoryRatio.objects.filter(pk=territory).first()
    context["levels"] = decision_on([[territory]]).levels
    context["may_decide"] = request.principal.role in DECIDERS
    return render(request, "impact/territory.html", {**context, "hat": "operator"})


@require_safe
@space(Hat.FUNDER)
def funder_detail(request: HttpRequest, territory: str) -> HttpResponse:
    """A funder, before it buys: can this territory take its passes, and what would make it able to."""
    return render(request, "impact/territory.html", {**_detail(territory), "hat": "funder"})


def _detail(territory: str) -> dict[str, Any]:
    try:
        label = territory_label(territory)
    except UnknownTerritory as error:
        raise Http404 from error
    known = coverage.facts_of(territory)
    rule = coverage.thresholds_in_force()
    needs = coverage.needs_from(rule)
    context = {"territory": territory, "label": label, "rule": rule, "low": RATIO_LOW_CENTS, "high": RATIO_HIGH_CENTS}
    if known is None:
        return {**context, "facts": None}
    facts, at = known
    return {
        **context,
        "facts": facts,
        "measured_at": at,
        "gaps": territories.gaps(facts, needs),
        "services": territories.service_rows(facts, needs),
        "farthest": territories.farthest(territory),
        "is_commune": territory.startswith("commune:"),
        "room_passes": max(0, facts.room_cents // 1000) if facts.room_cents is not None else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def thresholds(request: HttpRequest) -> HttpResponse:
    """What makes a territory operational: the version in force, the former ones, and writing the next."""
    rule = coverage.thresholds_in_force()
    form = ThresholdsForm(request.POST or None, initial=ThresholdsForm.first(rule))
    if request.method == "POST" and form.is_valid():
        try:
            made = coverage.set_thresholds(needs=form.needs, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            ready = Coverage.objects.filter(territory__startswith="epci:", operational=True).count()
            messages.success(
                request,
                f"Seuils enregistrés : version {made.version}. {number(ready)} intercommunalités opérationnelles.",
            )
            return redirect("operator_territories", request.organisation.pk)
    context = {"form": form, "rule": rule, "versions": type(rule).objects.order_by("-version")[:10]}
    return render(request, "impact/thresholds.html", context)


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def measure(request: HttpRequest) -> HttpResponse:
    """Compute every ratio and every coverage now, and show how far it is."""
    return back_to(tasks.measure_again(), "operator_territories", request.organisation.pk)


@require_safe
@space(Hat.OPERATOR)
def operator_ratios(request: HttpRequest) -> HttpResponse:
    """Every actor against the ratio: those who starve, those who are overloaded, and what comes."""
    chosen = next((code for code, _ in ALERTS if code and code == request.GET.get("alerte")), "")
    visible = ActorRatio.objects.visible_to(request.principal)
    counts = ratio.alerts(request.principal)
    counts[""] = sum(counts.values())
    rows = visible.filter(alert=chosen) if chosen else visible
    page = Paginator(rows.select_related("actor").order_by("earned_cents", "actor"), PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    context = {
        "page_obj": shown,
        "rows": [(row, TAGS[Alert(row.alert)]) for row in shown],
        "tabs": [(f"{label} ({number(counts[code])})", f"?alerte={code}", code == chosen) for code, label in ALERTS],
        "france": TerritoryRatio.objects.filter(pk="france").first(),
        "low": RATIO_LOW_CENTS,
        "high": RATIO_HIGH_CENTS,
    }
    return render(request, "impact/ratios.html", context)


@require_safe
@space(Hat.OPERATOR)
def operator_simulator(request: HttpRequest) -> HttpResponse:
    """A budget, or a number of actors, and what follows."""
    return _simulate(request, "operator")


@require_safe
@space(Hat.FUNDER)
def funder_simulator(request: HttpRequest) -> HttpResponse:
    """The same, for whoever buys."""
    return _simulate(request, "funder")


def _simulate(request: HttpRequest, hat: str) -> HttpResponse:
    form = SimulatorForm(request.GET)
    outcome = None
    if form.is_valid():
        actors, budget = form.cleaned_data["actors"], form.cleaned_data["budget"] or 0
        assumed = form.assumptions
        if actors:
            outcome = simulator_rules.from_actors(actors, assumed)
        else:
            outcome = simulator_rules.from_budget(budget, assumed)
    context = {"form": form, "outcome": outcome, "hat": hat, "reverse": bool(outcome and form.cleaned_data["actors"])}
    return render(request, "impact/simulator.html", context)
