"""Incidents in the operator's space: the queue, one case from what happened to its end, the guarantee, the ceilings."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from actors.settlement.people import ROLES
from aptic.accounts.models import User
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.text import search_key
from passes import conflict_words as words
from passes import offline
from passes.conflict_forms import CeilingForm, DecisionForm, RepaymentForm
from passes.incidents import deciding, repaying
from passes.models import Held, Incident, Redemption, VoidRequest

PAGE = 50
operator = space(Hat.OPERATOR)
money = space(Hat.OPERATOR, roles=ROLES)


@operator
def incident_list(request: HttpRequest) -> HttpResponse:
    """The queue: what must be decided, the most urgent first; what is late; what is closed."""
    now, principal = timezone.now(), request.principal
    mine = Incident.objects.visible_to(principal)
    by_view: dict[str, QuerySet[Incident]] = {
        "pending": mine.pending(),
        "late": mine.late(now),
        "closed": mine.filter(state=Incident.State.CLOSED).order_by("-closed_at", "redemption_id"),
    }
    chosen = request.GET.get("etat", "pending")
    rows = by_view.get(chosen, by_view["pending"])
    typed, bearer = request.GET.get("q", "").strip(), request.GET.get("porteur", "")
    if typed:
        rows = rows.filter(actor__search_key__startswith=search_key(typed))
    if bearer in Incident.Bearer.values:
        rows = rows.filter(bearer=bearer)
    page = Paginator(rows.select_related("redemption", "actor", "site"), PAGE).get_page(request.GET.get("page"))
    words.dress_incidents(list(page), now)
    waiting = by_view["pending"].order_by().aggregate(cents=Sum("value_cents", default=0))
    context = {
        "page_obj": page, "typed": typed, "bearer": bearer, "bearers": Incident.Bearer.choices,
        "chosen": chosen if chosen in by_view else "pending", "cents": waiting["cents"],
        "counts": {view: rows.count() for view, rows in by_view.items()}, "tabs": tabs(request, "operator_incidents"),
    }  # fmt: skip
    return render(request, "passes/conflicts/incidents.html", context)


@operator
def incident_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One case: what happened, who bears it and why, and the one next step; the step itself for who may decide."""
    rows = Incident.objects.visible_to(request.principal)
    related = ("redemption__service", "actor", "site__commune", "funder")
    incident = get_object_or_404(rows.select_related(*related), pk=pk)
    may_decide = request.principal.role in ROLES
    form = DecisionForm(request.POST if "prepare" in request.POST else None, incident=incident)
    if request.method == "POST":
        try:
            if _act(request, incident, form):
                return redirect("operator_incident", request.organisation.pk, pk)
        except DomainError as error:
            if "prepare" not in request.POST:
                messages.error(request, f"{error.text} {error.next_step}".strip())
                return redirect("operator_incident", request.organisation.pk, pk)
            form.refuse(error)
    words.dress_incidents([incident], timezone.now())
    context = {
        "incident": incident, "form": form, "may_decide": may_decide, "steps": words.steps(incident),
        "why_bearer": words.why_bearer(incident), "people": _people(incident),
        "own": incident.prepared_by == request.principal.person_id, "elsewhere": _elsewhere(incident),
        "asked": VoidRequest.objects.filter(redemption=incident.pk, state=VoidRequest.State.INCIDENT).first(),
    }  # fmt: skip
    return render(request, "passes/conflicts/incident.html", context)


def _act(request: HttpRequest, incident: Incident, form: DecisionForm) -> bool:
    """Do what the button says; False when the form must be corrected first. Raises what the service refuses."""
    if "prepare" in request.POST:
        if not form.is_valid():
            return False
        deciding.prepare_decision(incident=incident, **form.cleaned_data)
        messages.success(request, "Décision préparée. Une autre personne doit maintenant l’approuver.")
    elif "approve" in request.POST:
        deciding.approve_decision(incident=incident, decision=request.POST["approve"])
        messages.success(request, "Décision approuvée.")
    else:
        deciding.send_back(incident=incident)
        messages.success(request, "Décision reprise : l’incident est de nouveau à instruire.")
    return True


@money
def incident_repaid(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The actor's transfer has come."""
    rows = Incident.objects.visible_to(request.principal).filter(state=Incident.State.AWAITING)
    incident = get_object_or_404(rows.select_related("actor", "redemption"), pk=pk)
    form = RepaymentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            repaying.record_repayment(incident=incident, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Remboursement noté : l’incident est clos.")
            return redirect("operator_incident", request.organisation.pk, pk)
    return render(request, "passes/conflicts/repaid.html", {"incident": incident, "form": form})


@money
def ceiling(request: HttpRequest) -> HttpResponse:
    """The three figures of a device without a network."""
    in_force = offline.ceiling()
    initial = {"amount_cents": in_force.amount_cents, "passes": in_force.passes, "hours": in_force.hours}
    form = CeilingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        offline.set_ceiling(**form.cleaned_data)
        messages.success(request, "Plafond hors ligne enregistré. Les appareils le lisent à leur prochaine connexion.")
        return redirect("operator_offline_ceiling", request.organisation.pk)
    context = {"form": form, "tabs": tabs(request, "operator_offline_ceiling")}
    return render(request, "passes/conflicts/ceiling.html", context)


def tabs(request: HttpRequest, here: str) -> list[tuple[str, str, bool]]:
    """The pages of what goes wrong after the fact, with what waits on each."""
    principal = request.principal
    held, asked = Held.objects.visible_to(principal).pending(), VoidRequest.objects.visible_to(principal).pending()
    pages = [
        ("Incidents", "operator_incidents"),
        (f"Retenus ({held.count()})", "operator_held"),
        (f"Annulations ({asked.count()})", "operator_void_requests"),
    ]
    if principal.role in ROLES:
        pages += [("Garantie", "operator_guarantee"), ("Plafond hors ligne", "operator_offline_ceiling")]
    return [(label, reverse(name, args=[request.organisation.pk]), name == here) for label, name in pages]


def _people(incident: Incident) -> dict[str, str]:
    """Who prepared and who approved, by name."""
    ids = {"prepared": incident.prepared_by, "approved": incident.approved_by}
    names = dict(User.objects.filter(pk__in=filter(None, ids.values())).order_by("pk").values_list("pk", "full_name"))
    return {step: names.get(person, "") if person else "" for step, person in ids.items()}


def _elsewhere(incident: Incident) -> Any:
    """Where the pass was used, when that is why it was refused."""
    if incident.kind != Incident.Kind.OFFLINE:
        return None
    live = Redemption.objects.live().filter(pass_id=incident.redemption.pass_id)
    return live.select_related("site", "actor").order_by("-turn").first()
