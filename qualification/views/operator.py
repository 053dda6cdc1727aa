"""The operator's space: applications and their answers, caps and their exceptions."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aptic import charts, french
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.errors import UnknownTerritory
from aptic.territories.services import territory_label
from aptic.vocabulary.models import Service
from qualification import places, services
from qualification.forms import CapForm, ReasonForm
from qualification.models import Application, Cap

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
State = Application.State
TAGS = {
    State.DRAFT: "",
    State.SUBMITTED: "sun",
    State.CORRECTION: "wait",
    State.WAITING: "wait",
    State.ACCEPTED: "ok",
    State.REFUSED: "no",
    State.WITHDRAWN: "",
    State.REPLACED: "",
}
TABS = (
    (State.SUBMITTED, "À étudier"),
    (State.WAITING, "Liste d’attente"),
    (State.ACCEPTED, "Acceptées"),
    (State.REFUSED, "Refusées"),
)


@require_safe
@space(Hat.OPERATOR)
def application_list(request: HttpRequest) -> HttpResponse:
    """Applications of one state, the oldest first while they wait, the latest first once answered."""
    chosen = next((state for state, _ in TABS if state == request.GET.get("etat")), State.SUBMITTED)
    visible = Application.objects.visible_to(request.principal)
    counts = dict(visible.order_by().values_list("state").annotate(Count("pk")))
    found = visible.filter(state=chosen).select_related("commune__epci", "commune__departement")
    order = {State.SUBMITTED: "submitted_at", State.WAITING: "decided_at"}.get(chosen, "-decided_at")
    context = {
        "tabs": [
            (f"{label} ({french.number(counts.get(state, 0))})", f"?etat={state}", state == chosen)
            for state, label in TABS
        ],
        "chosen": chosen.value,
        "page_obj": Paginator(found.order_by(order, "id"), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "qualification/operator/applications.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR)
def application_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One application beside the places of its territory; a POST accepts it."""
    application = _application(request, pk)
    refusal = None
    if request.method == "POST":
        try:
            accepted = services.accept(application=application)
        except DomainError as error:
            refusal = error
        else:
            messages.success(
                request, f"{accepted.organisation_name} est un acteur : son lieu est ouvert, l’invitation est partie."
            )
            return redirect("operator_actor", request.organisation.pk, accepted.organisation_id)
    names = dict(Service.objects.values_list("pk", "name"))
    territory = places.territory_of(application.commune)
    cap = Cap.objects.filter(pk=territory).first()
    context = {
        "application": application,
        "tag": TAGS[State(application.state)],
        "places": places.Places(territory, territory_label(territory), cap),
        "sites": [(site, _names(site.services, names)) for site in application.sites.select_related("commune")],
        "rank": places.rank_of(application, request.principal) if application.state == State.WAITING else None,
        "undecided": application.state in (State.SUBMITTED, State.WAITING),
        "may_decide": request.principal.role in DECIDERS,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "qualification/operator/application.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def application_wait(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then put it on the waiting list."""
    text = "La candidature garde son rang. La personne reçoit ce motif par e-mail."
    return _answer(request, pk, services.put_on_waiting_list, "Mettre sur liste d’attente", text)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def application_refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then refuse."""
    title, text = (
        "Refuser la candidature",
        "La personne reçoit ce motif par e-mail ; elle pourra candidater de nouveau.",
    )
    return _answer(request, pk, services.refuse, title, text)


def _answer(
    request: HttpRequest, pk: uuid.UUID, decide: Callable[..., Application], title: str, text: str
) -> HttpResponse:
    application = _application(request, pk)
    form = ReasonForm(request.POST or None, label="Motif", hint="Tel que la personne le lira.", max_length=1000)
    if request.method == "POST" and form.is_valid():
        try:
            decide(application=application, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{application.organisation_name} est prévenue par e-mail.")
            return redirect("operator_applications", request.organisation.pk)
    context = {"form": form, "title": title, "text": text, "application": application}
    return render(request, "qualification/operator/answer.html", context)


def _names(services: list[int], names: dict[int, str]) -> str:
    return ", ".join(names[pk] for pk in services)


def _application(request: HttpRequest, pk: uuid.UUID) -> Application:
    visible = Application.objects.visible_to(request.principal).sent()
    return get_object_or_404(visible.select_related("commune__epci", "commune__departement", "organisation"), pk=pk)


@require_safe
@space(Hat.OPERATOR)
def cap_list(request: HttpRequest) -> HttpResponse:
    """How full each territory is, the fullest first, and those that somebody asks for and nobody has counted."""
    typed = request.GET.get("q", "").strip()
    caps = Cap.objects.filter(pk__in=places.found_by(typed)) if typed else Cap.objects.all()
    page = Paginator(caps.fullest_first(), PER_PAGE).get_page(request.GET.get("page"))
    taken, free = places.totals(caps)
    context = {
        "page_obj": page,
        "typed": typed,
        "rows": places.places_of(page, request.principal),
        "uncapped": places.uncapped(request.principal),
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
    """Set the cap of a territory: the one in the address, or that of the commune typed."""
    label = _label(territory)
    cap = Cap.objects.filter(pk=territory).first()
    initial = {"cap": cap.cap, "exceptions": cap.exceptions, "exception_reason": cap.exception_reason} if cap else {}
    form = CapForm(request.POST or None, known=bool(territory), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        commune = data.pop("commune", None)
        try:
            done = services.set_cap(territory=territory or places.territory_of(commune), **data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Plafond enregistré : {territory_label(done.territory)}, {done.cap}.")
            return redirect("operator_caps", request.organisation.pk)
    context = {
        "form": form,
        "label": label,
        "cap": cap,
    }
    return render(request, "qualification/operator/cap_form.html", context)


def _label(territory: str) -> str:
    try:
        return territory_label(territory) if territory else ""
    except UnknownTerritory as error:
        raise Http404 from error
