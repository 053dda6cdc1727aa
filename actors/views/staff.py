"""Who stands at the counters: counter-only members, their sites, and inviting one more."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from actors import staff
from actors.models import Site
from actors.network_forms import InviteScannerForm, SitesForm
from aptic.accounts.models import Invitation, Membership, Role
from aptic.accounts.services import invite_person
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def staff_list(request: HttpRequest) -> HttpResponse:
    """Counter-only members with their sites, invitations under way, and the form that invites."""
    form = InviteScannerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            invite_person(organisation=request.organisation, email=email, role=Role.SCANNER)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Invitation envoyée à {email}. Choisissez ses lieux quand elle l’aura acceptée.")
            return redirect("actor_staff", request.organisation.pk)
    invitations = Invitation.objects.visible_to(request.principal).filter(organisation=request.organisation)
    found = _scanners(request).prefetch_related("sites__site")
    context = {
        "form": form,
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "invitations": invitations.filter(role=Role.SCANNER).pending(),
    }
    return render(request, "actors/network/staff.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def staff_sites(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """At which counters one person stands."""
    membership = get_object_or_404(_scanners(request), pk=pk)
    sites = Site.objects.visible_to(request.principal).order_by("search_key", "id")
    now = {assignment.site_id for assignment in membership.sites.all()}
    form = SitesForm(request.POST if request.method == "POST" else None, sites=sites, initial={"sites": now})
    if request.method == "POST" and form.is_valid():
        wanted = {site.pk for site in form.cleaned_data["sites"]}
        for site in sites:
            if site.pk in wanted:
                staff.assign(site=site, membership=membership)
            elif site.pk in now:
                staff.unassign(site=site, membership=membership)
        messages.success(request, f"Les lieux de {membership.user} sont à jour.")
        return redirect("actor_staff", request.organisation.pk)
    return render(request, "actors/network/staff_sites.html", {"form": form, "membership": membership})


def _scanners(request: HttpRequest) -> QuerySet[Membership]:
    members = Membership.objects.visible_to(request.principal).active().filter(organisation=request.organisation)
    return members.filter(role=Role.SCANNER).select_related("user").order_by("user__full_name", "id")
