"""An actor's counters: list, describe, open, close with a reason, open again."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors import sites
from actors.models import Actor, Site
from actors.network_forms import CloseForm
from actors.site_forms import SiteForm
from aptic.accounts.models import Device, Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat

EDITORS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25


@require_safe
@space(Hat.ACTOR)
def site_list(request: HttpRequest) -> HttpResponse:
    """The actor's sites, with who and what stands at each."""
    found = (
        Site.objects.visible_to(request.principal)
        .select_related("commune")
        .annotate(people=Count("staff", filter=Q(staff__membership__active=True)))
        .order_by("-open", "search_key", "id")
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    tills = _tills(request, [site.pk for site in page])
    for site in page:
        site.tills = tills.get(site.pk, 0)
    context = {
        "page_obj": page,
        "actor": Actor.objects.filter(pk=request.organisation.pk).first(),
        "may_edit": request.principal.role in EDITORS,
    }
    return render(request, "actors/network/sites.html", context)


@require_safe
@space(Hat.ACTOR)
def site_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One site, as citizens read it, and who stands there."""
    site = _site(request, pk)
    context = {
        "site": site,
        "services": site.service_rows,
        "staff": site.staff.select_related("membership__user").filter(membership__active=True),
        "devices": Device.objects.visible_to(request.principal).live().filter(site_id=site.pk),
        "may_edit": request.principal.role in EDITORS,
        "may_manage": request.principal.role == Role.MANAGER,
        "may_redeem": request.principal.role != Role.FINANCE,
    }
    return render(request, "actors/network/site.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=EDITORS)
def site_open(request: HttpRequest) -> HttpResponse:
    """One more site."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site = sites.open_site(actor=request.organisation, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Le lieu « {site.name} » est ouvert : les habitants le trouvent dès maintenant.")
            return redirect("actor_site", request.organisation.pk, site.pk)
    return render(request, "actors/network/site_form.html", {"form": form, "site": None})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=EDITORS)
def site_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change what a site says of itself."""
    site = _site(request, pk)
    form = SiteForm(request.POST or None, initial=SiteForm.initial_of(site))
    if request.method == "POST" and form.is_valid():
        try:
            sites.edit_site(site=site, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Le lieu est à jour.")
            return redirect("actor_site", request.organisation.pk, pk)
    return render(request, "actors/network/site_form.html", {"form": form, "site": site})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=EDITORS)
def site_close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then close."""
    site = _site(request, pk)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sites.close_site(site=site, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Le lieu « {site.name} » est fermé.")
            return redirect("actor_site", request.organisation.pk, pk)
    return render(request, "actors/network/site_close.html", {"form": form, "site": site})


@require_POST
@space(Hat.ACTOR, roles=EDITORS)
def site_reopen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Open it again."""
    site = _site(request, pk)
    sites.reopen_site(site=site)
    messages.success(request, f"Le lieu « {site.name} » est de nouveau ouvert.")
    return redirect("actor_site", request.organisation.pk, pk)


def _site(request: HttpRequest, pk: uuid.UUID) -> Site:
    return get_object_or_404(Site.objects.visible_to(request.principal).select_related("commune"), pk=pk)


def _tills(request: HttpRequest, wanted: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many devices stand at each site."""
    live = Device.objects.visible_to(request.principal).live().filter(site_id__in=wanted, paired_at__isnull=False)
    return dict(live.order_by().values_list("site_id").annotate(Count("pk")))
