"""The actor's space: where an itinerant site goes."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from actors.models import Site
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from qualification.cap_forms import RoundForm
from qualification.models import Round
from qualification.rounds import declare_round

EDITORS = (Role.MANAGER, Role.AGENT)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=EDITORS)
def actor_round(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The round of one of the actor's sites."""
    return _round(request, pk, back="actor_site", of=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=EDITORS)
def operator_round(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same by the operator, who gives the places that the actor lacks."""
    return _round(request, pk, back="operator_actor", of=None)


def _round(request: HttpRequest, pk: uuid.UUID, *, back: str, of: uuid.UUID | None) -> HttpResponse:
    site = get_object_or_404(Site.objects.visible_to(request.principal).select_related("actor", "commune"), pk=pk)
    rounds = Round.objects.filter(site=site).select_related("commune__departement").order_by("commune__search_key")
    known = "\n".join(one.commune.label() for one in rounds)
    form = RoundForm(request.POST or None, initial={"communes": known})
    if request.method == "POST" and form.is_valid():
        try:
            declare_round(site=site, communes=form.cleaned_data["communes"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "La tournée est enregistrée.")
            return redirect(back, request.organisation.pk, of or site.actor_id)
    context = {"form": form, "site": site, "back": back, "of": of or site.actor_id}
    return render(request, "qualification/round.html", context)
