"""The operator's space: hubs, the territory that each one reads, the people who run it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aptic.accounts.models import Membership, Role
from aptic.accounts.services import invite_person
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.territories.services import territory_labels
from funders.forms import OrganisationForm
from funders.partners import registered
from qualification import hubs
from qualification.cap_forms import AroundForm
from qualification.hub_forms import InviteForm
from qualification.models import Consent, Plan, PlanTask, Remit
from qualification.plan_rules import progress

REGISTERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
SHOWN = 50  # consents and former territories, the latest first


@require_safe
@space(Hat.OPERATOR)
def hub_list(request: HttpRequest) -> HttpResponse:
    """Hubs by name, with the territory that each one reads."""
    typed = request.GET.get("q", "").strip()
    found = Organisation.objects.with_hat(Hat.HUB).select_related("commune").order_by("search_key", "id")
    page = Paginator(found.search(typed) if typed else found, PER_PAGE).get_page(request.GET.get("page"))
    remits = {one.hub_id: one for one in Remit.objects.live().filter(hub__in=page.object_list)}
    labels = territory_labels(one.territory for one in remits.values())
    context = {
        "title": "Têtes de réseau",
        "page_obj": page,
        "rows": [(one, labels[remits[one.pk].territory] if one.pk in remits else "") for one in page],
        "typed": typed,
        "may_decide": request.principal.role in REGISTERS,
    }
    return render(request, "qualification/operator/hubs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=REGISTERS)
def hub_create(request: HttpRequest) -> HttpResponse:
    """Register a hub and invite who will run it; then its territory is asked for."""
    form = OrganisationForm(request.POST or None, hat=Hat.HUB)
    if request.method == "POST" and form.is_valid():
        try:
            hub = hubs.create_hub(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, registered(hub))
            return redirect("operator_hub_territory", request.organisation.pk, hub.pk)
    context = {"form": form, "title": "Nouvelle tête de réseau", "back": "operator_hubs"}
    return render(request, "funders/operator/organisation_form.html", context)


@require_safe
@space(Hat.OPERATOR)
def hub_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One hub: what it reads, who lets it read amounts, how far its plan is, who runs it, what it read before."""
    hub = _hub(pk)
    remits = list(Remit.objects.of(pk)[:SHOWN])
    labels = territory_labels(one.territory for one in remits)
    live = next((one for one in remits if one.closed_at is None), None)
    plan = Plan.objects.visible_to(request.principal).live().filter(remit=live).first() if live else None
    people = Membership.objects.visible_to(request.principal).active().filter(organisation=hub)
    context: dict[str, Any] = {
        "hub": hub,
        "live": live,
        "label": labels[live.territory] if live else "",
        "former": [(one, labels[one.territory]) for one in remits if one.closed_at],
        "consents": Consent.objects.visible_to(request.principal)
        .filter(hub=hub)
        .select_related("organisation", "remit")
        .order_by("-given_at", "id")[:SHOWN],
        "plan": plan,
        "progress": progress(PlanTask.objects.filter(plan=plan).counted()) if plan else None,
        "people": people.select_related("user").order_by("user__full_name"),
        "may_decide": request.principal.role in REGISTERS,
        "may_invite": request.principal.role == Role.MANAGER,
    }
    return render(request, "qualification/operator/hub.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=REGISTERS)
def hub_territory(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a hub its territory: a commune typed, and the level around it."""
    hub = _hub(pk)
    form = AroundForm(request.POST or None, initial={"level": "departement"})
    if request.method == "POST" and form.is_valid():
        try:
            hubs.give_territory(hub=hub, territory=form.territory)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Le territoire est confié : la tête de réseau le lit dès maintenant.")
            return redirect("operator_hub", request.organisation.pk, pk)
    return render(request, "qualification/operator/hub_territory.html", {"form": form, "hub": hub})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=REGISTERS)
def hub_withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, then take the territory back."""
    hub = _hub(pk)
    remit = get_object_or_404(Remit.objects.live().of(pk))
    if request.method == "POST":
        hubs.withdraw_territory(remit=remit)
        messages.success(request, f"Le territoire est repris : {hub.name} n’y lit plus rien.")
        return redirect("operator_hub", request.organisation.pk, pk)
    label = territory_labels([remit.territory])[remit.territory]
    return render(request, "qualification/operator/hub_withdraw.html", {"hub": hub, "label": label})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=(Role.MANAGER,))
def hub_invite(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Invite somebody to run a hub, as when who ran it has left."""
    hub = _hub(pk)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invite_person(organisation=hub, email=form.cleaned_data["email"], role=Role.MANAGER)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Invitation envoyée à {form.cleaned_data['email']}.")
            return redirect("operator_hub", request.organisation.pk, pk)
    return render(request, "qualification/operator/hub_invite.html", {"form": form, "hub": hub})


def _hub(pk: uuid.UUID) -> Organisation:
    return get_object_or_404(Organisation.objects.with_hat(Hat.HUB).select_related("commune"), pk=pk)
