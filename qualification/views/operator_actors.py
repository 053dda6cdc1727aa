"""The operator's space: actors, their sites, their bank account, and taking one out of play."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors import bank_accounts
from actors.models import Actor, BankAccount, Site
from actors.settlement.people import ROLES as MONEY
from actors.site_forms import SiteForm
from actors.sites import close_site, open_site, reopen_site
from aptic.accounts.models import Role, User
from aptic.accounts.services import invite_person
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.territories.services import territory_labels
from qualification import paper_dates
from qualification.caps import idle_places
from qualification.disqualification import disqualify_actor
from qualification.forms import ReasonForm
from qualification.hub_forms import InviteForm
from qualification.models import Qualification
from qualification.renewal import is_over
from qualification.suspension import reinstate_actor, suspend_actor
from qualification.welcome import hats_said

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
ENDED = "echue"
TAGS = {Actor.State.QUALIFIED: "ok", Actor.State.SUSPENDED: "no", Actor.State.REMOVED: ""}


@require_safe
@space(Hat.OPERATOR)
def actor_list(request: HttpRequest) -> HttpResponse:
    """Actors by name, all or those whose qualification has ended, with what waits for the operator."""
    typed, ended = request.GET.get("q", "").strip(), request.GET.get("etat") == ENDED
    proposals = BankAccount.objects.visible_to(request.principal).filter(approved_at=None, replaced_at=None)
    found = (
        Organisation.objects.with_hat(Hat.ACTOR)
        .filter(actor__isnull=False)
        .select_related("actor", "commune")
        .annotate(
            open_sites=Count("sites", filter=Q(sites__open=True)),
            bank_waits=Exists(proposals.filter(actor=OuterRef("pk"))),
        )
        .order_by("search_key", "id")
    )
    if ended:
        found = found.filter(actor__qualified_until__lte=timezone.now()).exclude(actor__state=Actor.State.REMOVED)
    page = Paginator(found.search(typed) if typed else found, PER_PAGE).get_page(request.GET.get("page"))
    for one in page:
        one.tag, one.over = TAGS[Actor.State(one.actor.state)], is_over(one.actor)
    tabs = [("Tous", "?", not ended), ("Qualification échue", f"?etat={ENDED}", ended)]
    context = {"title": "Acteurs", "page_obj": page, "typed": typed, "tabs": tabs, "state": ENDED if ended else ""}
    return render(request, "qualification/operator/actors.html", context)


@require_safe
@space(Hat.OPERATOR)
def actor_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One actor: its places, its sites, where it is paid."""
    actor = _actor(pk)
    held = list(Qualification.objects.filter(actor_id=pk, until=None).order_by("since", "id"))
    labels = territory_labels(place.territory_id for place in held)
    proposal = bank_accounts.pending(actor).first()
    context = {
        "actor": actor,
        "tag": TAGS[Actor.State(actor.actor.state)],
        "over": is_over(actor.actor),
        "places": [(place, labels[place.territory_id]) for place in held],
        "idle": idle_places(actor.actor),
        "papers": paper_dates.dated().filter(application__organisation=actor),
        "today": timezone.localdate(),
        "sites": Site.objects.visible_to(request.principal).filter(actor=actor).select_related("commune"),
        "account": bank_accounts.in_force(actor).first(),
        "proposal": proposal,
        "proposer": User.objects.filter(pk=proposal.proposed_by).first() if proposal else None,
        "own": proposal is not None and proposal.proposed_by == request.principal.person_id,
        "may_decide": request.principal.role in DECIDERS,
        "may_approve": request.principal.role in MONEY,
        "may_invite": request.principal.role == Role.MANAGER,
    }
    return render(request, "qualification/operator/actor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=(Role.MANAGER,))
def actor_invite(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Invite somebody to run an actor, as when who ran it has left; under every hat that it wears, which are named."""
    actor = _actor(pk)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invite_person(organisation=actor, email=form.cleaned_data["email"], role=Role.MANAGER)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Invitation envoyée à {form.cleaned_data['email']}.")
            return redirect("operator_actor", request.organisation.pk, pk)
    context = {"form": form, "actor": actor, "hats": hats_said(actor)}
    return render(request, "qualification/operator/actor_invite.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def actor_suspend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then suspend: the last thing this request does, because it holds every till of the actor."""
    actor = _actor(pk)
    form = ReasonForm(request.POST or None, label="Motif", hint="L’acteur le lira dans son espace.", max_length=300)
    if request.method == "POST" and form.is_valid():
        try:
            suspend_actor(actor=actor, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{actor.name} est suspendu : ses lieux n’encaissent plus aucun pass.")
            return redirect("operator_actor", request.organisation.pk, pk)
    return render(request, "qualification/operator/actor_suspend.html", {"form": form, "actor": actor})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def actor_disqualify(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then take the qualification away: the last thing this request does, because it holds every till."""
    actor = _actor(pk)
    form = ReasonForm(request.POST or None, label="Motif", hint="L’acteur le recevra par e-mail.", max_length=600)
    if request.method == "POST" and form.is_valid():
        try:
            disqualify_actor(actor=actor, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{actor.name} est sorti du réseau : ses places sont libres.")
            return redirect("operator_actor", request.organisation.pk, pk)
    return render(request, "qualification/operator/actor_disqualify.html", {"form": form, "actor": actor})


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def actor_reinstate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Let its sites take passes again."""
    actor = _actor(pk)
    reinstate_actor(actor=actor)
    messages.success(request, f"{actor.name} est de nouveau qualifié : ses lieux ouverts encaissent.")
    return redirect("operator_actor", request.organisation.pk, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def site_open(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One more site for an actor; in a new territory it takes a place under the cap."""
    actor = _actor(pk)
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site = open_site(actor=actor, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Le lieu « {site.name} » est ouvert.")
            return redirect("operator_actor", request.organisation.pk, pk)
    return render(request, "qualification/operator/site_form.html", {"form": form, "actor": actor})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def site_close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then close a site; its actor cannot open it again."""
    site = get_object_or_404(Site.objects.visible_to(request.principal).select_related("actor"), pk=pk)
    form = ReasonForm(request.POST or None, label="Motif", hint="L’acteur le lira dans son espace.", max_length=300)
    if request.method == "POST" and form.is_valid():
        try:
            close_site(site=site, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Le lieu « {site.name} » est fermé.")
            return redirect("operator_actor", request.organisation.pk, site.actor_id)
    return render(request, "qualification/operator/site_close.html", {"form": form, "site": site})


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def site_reopen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Open a site again."""
    site = get_object_or_404(Site.objects.visible_to(request.principal), pk=pk)
    reopen_site(site=site)
    messages.success(request, f"Le lieu « {site.name} » est de nouveau ouvert.")
    return redirect("operator_actor", request.organisation.pk, site.actor_id)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=MONEY)
def bank_account_approve(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what approving means, then approve."""
    visible = BankAccount.objects.visible_to(request.principal).filter(approved_at=None, replaced_at=None)
    account = get_object_or_404(visible.select_related("actor"), pk=pk)
    if request.method == "POST":
        bank_accounts.approve_bank_account(account=account)
        messages.success(request, f"{account.actor.name} sera payé sur le compte qui finit par {account.iban_last4}.")
        return redirect("operator_actor", request.organisation.pk, account.actor_id)
    context = {
        "account": account,
        "former": bank_accounts.in_force(account.actor).first(),
        "proposer": User.objects.filter(pk=account.proposed_by).first(),
        "own": account.proposed_by == request.principal.person_id,
    }
    return render(request, "qualification/operator/bank_account.html", context)


def _actor(pk: uuid.UUID) -> Organisation:
    actors = Organisation.objects.with_hat(Hat.ACTOR).filter(actor__isnull=False)
    return get_object_or_404(actors.select_related("actor", "commune"), pk=pk)
