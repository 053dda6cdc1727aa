"""`/guichet/`: straight to the counter of this device or of this person, or the choice between several."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from actors.models import Site
from aptic.accounts.models import Membership
from aptic.accounts.principals import principal_for
from aptic.spaces import personal
from aptic.tenancy.principal import Hat, acting
from passes import redemption
from passes.views.till import AT_THE_COUNTER, device_of


@require_GET
@login_not_required
def enter(request: HttpRequest) -> HttpResponse:
    """The device's own counter; for a person without one, the sites where it may redeem."""
    digest = device_of(request)
    if digest is not None:
        with transaction.atomic():
            till = redemption.enter_device(digest, [])
        if till is not None:
            return redirect("counter", organisation=till.actor_id, site=till.site_id)
    if request.user.is_authenticated:
        return _choose(request, was_stopped=digest is not None)
    if digest is not None:
        return TemplateResponse(request, "passes/counter/stopped.html", status=403)
    return redirect_to_login(request.get_full_path())


enter.door = "till"  # type: ignore[attr-defined]


@personal
def _choose(request: HttpRequest, *, was_stopped: bool) -> HttpResponse:
    """The sites where the person logged in may redeem; straight to the only one.

    `was_stopped`: their browser is a device that was stopped, which hands in from here what it took before.
    """
    memberships = Membership.objects.active().filter(
        user_id=request.user.pk, organisation__is_actor=True, role__in=AT_THE_COUNTER
    )
    sites: list[Site] = []
    for membership in memberships.select_related("organisation"):
        with acting(principal_for(membership, Hat.ACTOR)):  # who stands where is the actor's to read
            sites += Site.objects.worked_by(membership).select_related("commune")
    if len(sites) == 1:
        return redirect("counter", organisation=sites[0].actor_id, site=sites[0].pk)
    return TemplateResponse(request, "passes/counter/choose.html", {"sites": sites, "was_stopped": was_stopped})
