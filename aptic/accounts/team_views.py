"""Pages of an organisation's managers, the same in every space: the team and the API keys."""

import uuid
from datetime import datetime, time, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from aptic.accounts import rules, scopes, services
from aptic.accounts.forms import ApiKeyForm, InviteForm, RoleForm
from aptic.accounts.models import APIKey, Invitation, Membership, Role
from aptic.errors import DomainError

TEAM, KEYS = "equipe/", "equipe/cles/"
PAGE = 50  # members


def team(request: HttpRequest) -> HttpResponse:
    """Who is in, who is invited, and the form that invites."""
    form = InviteForm(request.POST or None, hat=request.principal.hat)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_person(organisation=request.organisation, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field, f"{error} {error.next_step}")
        else:
            messages.success(request, f"Invitation envoyée à {form.cleaned_data['email']}.")
            return redirect(_page(request, TEAM))
    members = Membership.objects.visible_to(request.principal).active().filter(organisation=request.organisation)
    pending = Invitation.objects.visible_to(request.principal).filter(organisation=request.organisation).pending()
    context = {
        "form": form,
        "members": Paginator(members.select_related("user"), PAGE).get_page(request.GET.get("page")),
        "invitations": [(invitation, Role(invitation.role).label) for invitation in pending],
        "page_url": _page(request, TEAM),
        "keys_url": _page(request, KEYS),
    }
    return render(request, "accounts/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, membership: uuid.UUID) -> HttpResponse:
    """Another role for one member."""
    found = _member(request, membership)
    form = RoleForm(request.POST or None, instance=found, hat=request.principal.hat)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_role(membership=found, role=form.cleaned_data["role"])
        except DomainError as error:
            form.add_error("role", f"{error} {error.next_step}")
        else:
            messages.success(request, f"Le rôle de {found.user} est à jour.")
            return redirect(_page(request, TEAM))
    context = {"form": form, "member": found, "page_url": _page(request, TEAM)}
    return render(request, "accounts/member.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_member(request: HttpRequest, membership: uuid.UUID) -> HttpResponse:
    """Take one member out, after a page that says what it means."""
    found = _member(request, membership)
    if request.method == "POST":
        services.remove_member(membership=found)
        messages.success(request, f"{found.user} ne fait plus partie de l’équipe.")
        return redirect(_page(request, TEAM))
    return render(request, "accounts/member_remove.html", {"member": found, "page_url": _page(request, TEAM)})


@require_POST
def revoke_invitation(request: HttpRequest, invitation: uuid.UUID) -> HttpResponse:
    """Close an invitation; the same organisation can send another."""
    own = Invitation.objects.visible_to(request.principal).filter(organisation=request.organisation)
    services.revoke_invitation(invitation=get_object_or_404(own, pk=invitation))
    messages.success(request, "L’invitation est annulée.")
    return redirect(_page(request, TEAM))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The organisation's keys and the form that makes one; its token is shown in this answer and never again."""
    form = ApiKeyForm(request.POST or None, hat=request.principal.hat)
    if request.method == "POST" and form.is_valid():
        key, token = services.create_api_key(
            organisation=request.organisation,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            hat=request.principal.hat,
            expires_at=_end_of(form.cleaned_data["expires_on"]),
        )
        return render(
            request, "accounts/key_created.html", {"key": key, "token": token, "page_url": _page(request, KEYS)}
        )
    live = APIKey.objects.visible_to(request.principal).filter(organisation=request.organisation).live()
    labels = {scope.name: scope.label for scope in scopes.offered_to(request.principal.hat)}
    context = {
        "form": form,
        "keys": [(key, [labels.get(scope, scope) for scope in key.scopes]) for key in live],
        "page_url": _page(request, KEYS),
        "team_url": _page(request, TEAM),
    }
    return render(request, "accounts/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke_key(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Refuse a key from now on, after a page that says what it means."""
    own = APIKey.objects.visible_to(request.principal).filter(organisation=request.organisation).live()
    found = get_object_or_404(own, pk=key)
    if request.method == "POST":
        services.revoke_api_key(key=found)
        messages.success(request, f"La clé « {found.name} » est révoquée.")
        return redirect(_page(request, KEYS))
    return render(request, "accounts/key_revoke.html", {"key": found, "page_url": _page(request, KEYS)})


def _page(request: HttpRequest, page: str) -> str:
    return rules.space_url(request.principal.hat, request.organisation.pk, page)


def _member(request: HttpRequest, membership: uuid.UUID) -> Membership:
    own = Membership.objects.visible_to(request.principal).active().filter(organisation=request.organisation)
    return get_object_or_404(own.select_related("user"), pk=membership)


def _end_of(day: datetime | None) -> datetime | None:
    """The instant after the last day, which is inclusive."""
    return timezone.make_aware(datetime.combine(day, time())) + timedelta(days=1) if day else None
