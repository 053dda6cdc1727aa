"""« Ce que le hub voit »: an actor or a funder reads what each hub reads of it, and lets it read amounts, or not."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from actors.models import Actor, Site
from aptic.accounts.models import Role
from aptic.forms import DomainForm
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.services import territory_label, territory_labels
from funders.models import Campaign
from impact import hub
from impact.models import Band
from qualification.consents import give_consent, withdraw_consent
from qualification.hubs import remits_reading, touching
from qualification.models import Consent, Remit

HISTORY = 20
Facts = Callable[[HttpRequest, Remit], dict[str, Any]]
ISSUED = Q(orders__state__in=["funded", "issued"])


class ConsentForm(DomainForm):
    """One sentence, said on purpose."""

    confirm = forms.BooleanField(
        error_messages={"required": "Cochez cette phrase pour donner votre accord : il n’est jamais supposé."}
    )

    def __init__(self, *args: Any, hub: str, organisation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].label = f"Au nom de {organisation}, je permets à {hub} de lire ces montants."


@require_safe
@space(Hat.ACTOR)
def actor_list(request: HttpRequest) -> HttpResponse:
    """The hubs that read this actor."""
    return _list(request, "actor_remit")


@require_safe
@space(Hat.FUNDER)
def funder_list(request: HttpRequest) -> HttpResponse:
    """The hubs that read this funder."""
    return _list(request, "funder_remit")


def _list(request: HttpRequest, page: str) -> HttpResponse:
    hat = request.principal.hat
    remits = list(remits_reading(organisation=request.organisation, hat=hat))
    given = Consent.objects.visible_to(request.principal).filter(organisation=request.organisation, side=hat.value)
    past = list(given.select_related("hub", "remit").order_by("-given_at", "id")[:HISTORY])
    labels = territory_labels([one.territory for one in remits] + [one.remit.territory for one in past])
    live = set(given.live().values_list("remit_id", flat=True))
    context = {
        "rows": [(one, labels[one.territory], one.pk in live) for one in remits],
        "past": [(one, labels[one.remit.territory]) for one in past],
        "detail": page,
    }
    return render(request, "impact/hub/seen_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR)
def actor_seen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What one hub reads of this actor; a POST gives or withdraws the consent."""
    return _seen(request, pk, _of_actor, "impact/hub/seen_actor.html")


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.FUNDER)
def funder_seen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What one hub reads of this funder; a POST gives or withdraws the consent."""
    return _seen(request, pk, _of_funder, "impact/hub/seen_funder.html")


def _seen(request: HttpRequest, pk: uuid.UUID, facts: Facts, template: str) -> HttpResponse:
    organisation, side = request.organisation, request.principal.hat.value
    remit = get_object_or_404(remits_reading(organisation=organisation, hat=request.principal.hat), pk=pk)
    given = request.POST if request.method == "POST" else None
    form = ConsentForm(given, hub=remit.hub.name, organisation=organisation.name)
    if request.method == "POST" and "retirer" in request.POST:
        withdraw_consent(remit=remit, organisation=organisation)
        messages.success(request, f"Accord retiré : {remit.hub.name} ne lit plus aucun de vos montants.")
        return redirect(f"{side}_remit", organisation.pk, pk)
    if request.method == "POST" and form.is_valid():
        give_consent(remit=remit, organisation=organisation)
        messages.success(request, f"Accord donné : {remit.hub.name} lit vos montants dès maintenant.")
        return redirect(f"{side}_remit", organisation.pk, pk)
    mine = Consent.objects.visible_to(request.principal).filter(organisation=organisation, side=side)
    context = {
        **facts(request, remit),
        "remit": remit,
        "label": territory_label(remit.territory),
        "consent": mine.live().filter(remit=remit).first(),
        "form": form,
        "may_consent": request.principal.role == Role.MANAGER,
        "back": f"{side}_hubs",
    }
    return render(request, template, context)


def _of_actor(request: HttpRequest, remit: Remit) -> dict[str, Any]:
    actor, ratio = get_object_or_404(Actor, pk=request.organisation.pk), hub.own_ratio(request.principal)
    sites = Site.objects.visible_to(request.principal).filter(hub.standing_in(remit.territory), open=True)
    band = Band(ratio.band) if ratio else Band.UNKNOWN
    return {"actor": actor, "sites": sites.order_by("search_key", "id"), "band": band.label, "ratio": ratio}


def _of_funder(request: HttpRequest, remit: Remit) -> dict[str, Any]:
    mine = Campaign.objects.visible_to(request.principal).exclude(state=Campaign.State.DRAFT)
    keys = touching(remit.territory)
    seat = f"commune:{request.organisation.commune_id}"
    passes = F("orders__booklets") * F("orders__passes_per_booklet")
    counted = mine.annotate(
        passes=Sum(passes, filter=ISSUED, default=0),
        cents=Sum(passes * F("orders__face_value_cents"), filter=ISSUED, default=0),
    ).order_by("-starts_on", "name", "id")
    return {"campaigns": [one for one in counted if keys & set(one.territories or [seat])]}
