"""The operator's space: caps of every level, their rule, who waits under them, places given back."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from actors.models import Actor
from aptic import charts, french
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.errors import UnknownTerritory
from aptic.territories.services import territory_label
from qualification import caps, places, waiting, waiting_lists, welcome
from qualification.cap_forms import CapForm, PolicyForm
from qualification.decision import decision_on
from qualification.forecasts import forecasts_of
from qualification.forms import ReasonForm
from qualification.models import Application, Cap, CapChange
from qualification.views.operator import accepting

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
CHANGES = 10
LEVELS = (
    ("", "Tous"),
    ("commune", "Communes"),
    ("epci", "Intercommunalités"),
    ("departement", "Départements"),
    ("region", "Régions"),
)


@require_safe
@space(Hat.OPERATOR)
def cap_list(request: HttpRequest) -> HttpResponse:
    """How full each territory is, the fullest first, and those that somebody asks for and nobody has counted."""
    typed = request.GET.get("q", "").strip()
    level = next((code for code, _ in LEVELS if code == request.GET.get("niveau")), "")
    found = Cap.objects.filter(pk__in=places.found_by(typed)) if typed else Cap.objects.all()
    if level:
        found = found.filter(territory__startswith=f"{level}:")
    page = Paginator(found.fullest_first(), PER_PAGE).get_page(request.GET.get("page"))
    taken, free = places.totals(found)
    wishes = places.wishes_of(request.principal)
    context = {
        "page_obj": page,
        "typed": typed,
        "tabs": [(label, f"?niveau={code}" if code else "?", code == level) for code, label in LEVELS],
        "level": level,
        "rows": places.places_of(page, wishes),
        "uncapped": places.uncapped(wishes),
        "segments": [
            charts.Segment("places prises", taken, french.number(taken)),
            charts.Segment("places libres", free, french.number(free)),
        ],
        "may_decide": request.principal.role in DECIDERS,
    }
    return render(request, "qualification/operator/caps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def cap_edit(request: HttpRequest, territory: str = "") -> HttpResponse:
    """Set the cap of a territory: the one in the address, or that of the commune typed, at the level chosen."""
    label = _label(territory)
    cap = Cap.objects.filter(pk=territory).first()
    initial = {"cap": cap.cap, "exceptions": cap.exceptions, "exception_reason": cap.exception_reason} if cap else {}
    form = CapForm(request.POST or None, known=bool(territory), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            done = caps.set_cap(territory=territory or form.territory, **form.answers)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Plafond enregistré : {territory_label(done.territory)}, {done.cap}.")
            return redirect("operator_caps", request.organisation.pk)
    context = {
        "form": form,
        "label": label,
        "cap": cap,
        "policy": caps.policy_in_force(),
        "forecast": forecasts_of([territory]).get(territory) if territory else None,
        "computed": caps.computed_caps([territory]).get(territory) if territory else None,
        "changes": CapChange.objects.filter(territory=territory)[:CHANGES] if territory else [],
    }
    return render(request, "qualification/operator/cap_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def cap_policy(request: HttpRequest) -> HttpResponse:
    """The rule that computes caps: the version in force, and writing the next one."""
    rule = caps.policy_in_force()
    names = ("target_cents", "at_least", "at_most", "inhabitants_per_actor")
    form = PolicyForm(request.POST or None, initial={name: getattr(rule, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            made = caps.set_policy(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Règle des plafonds enregistrée : version {made.version}.")
            return redirect("operator_caps", request.organisation.pk)
    return render(request, "qualification/operator/cap_policy.html", {"form": form, "rule": rule})


@require_safe
@space(Hat.OPERATOR)
def waiting_list(request: HttpRequest, territory: str) -> HttpResponse:
    """Who waits in one territory, in order, and who is next."""
    label = _label(territory)
    line = waiting_lists.waiting_for(territory, request.principal)
    page, following = Paginator(line, PER_PAGE).get_page(request.GET.get("page")), waiting_lists.next_in_line(line)
    files = waiting_lists.files_of([*page, following], request.principal)
    context = {
        "territory": territory,
        "label": label,
        "page_obj": page,
        "rows": [(one, files[one.application_id]) for one in page],
        "next": following,
        "next_name": files[following.application_id].organisation_name if following else "",
        "cap": Cap.objects.filter(pk=territory).first(),
        "may_decide": request.principal.role in DECIDERS,
    }
    return render(request, "qualification/operator/waiting.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def waiting_promote(request: HttpRequest, territory: str, pk: uuid.UUID) -> HttpResponse:
    """Ask why, beside the price, then accept one who waits."""
    label = _label(territory)
    visible = Application.objects.visible_to(request.principal).filter(state=Application.State.WAITING)
    application = get_object_or_404(visible.select_related("commune__epci", "commune__departement"), pk=pk)
    form = ReasonForm(
        request.POST or None,
        label="Motif",
        hint="Par exemple : une place s’est libérée. Gardé avec son rang.",
        max_length=300,
    )
    if request.method == "POST" and form.is_valid():
        try:
            waiting.promote(application=application, territory=territory, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                f"{application.organisation_name} est un acteur : son lieu est ouvert, la réponse est partie.",
            )
            return redirect("operator_waiting", request.organisation.pk, territory)
    known = welcome.known_by(application)
    decision = decision_on(places.sites_of(application), actor_id=known and known.pk)
    context = {"form": form, "application": application, "territory": territory, "label": label, "decision": decision}
    context |= accepting(known)
    return render(request, "qualification/operator/promote.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def place_release(request: HttpRequest, pk: uuid.UUID, territory: str) -> HttpResponse:
    """Ask why, then give back the place of an actor that has no open site there any more."""
    actor = get_object_or_404(Actor.objects.select_related("organisation"), pk=pk)
    label = _label(territory)
    if territory not in caps.idle_places(actor):
        raise Http404
    form = ReasonForm(request.POST or None, label="Motif", hint="Gardé dans le journal.", max_length=300)
    if request.method == "POST" and form.is_valid():
        try:
            caps.release_places(actor=actor.organisation, reason=form.cleaned_data["reason"], territories=[territory])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Place rendue : {label}.")
            return redirect("operator_actor", request.organisation.pk, pk)
    return render(request, "qualification/operator/place_release.html", {"form": form, "actor": actor, "label": label})


def _label(territory: str) -> str:
    try:
        return territory_label(territory) if territory else ""
    except UnknownTerritory as error:
        raise Http404 from error
