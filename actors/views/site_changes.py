"""Reports about sites: the visitor's form, without an account, and the queues of the actor and of the operator."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actors import site_changes as changes
from actors.directory_models import MESSAGE_MAX, SiteChange
from actors.models import Site
from aptic.accounts.models import Role
from aptic.accounts.throttle import client_address, too_many_failures
from aptic.errors import DomainError
from aptic.forms import DomainForm
from aptic.spaces import public, space
from aptic.tenancy.principal import Hat

PER_PAGE = 25
REPORTS, AN_HOUR = 10, 3600  # per address: a médiathèque shares one
actor = space(Hat.ACTOR, roles=(Role.MANAGER, Role.AGENT))
operator = space(Hat.OPERATOR)


class ReportForm(DomainForm):
    """What a visitor says of a site."""

    kind = forms.ChoiceField(
        label="Qu’est-ce qui n’est pas juste ?", choices=SiteChange.Kind.choices, widget=forms.RadioSelect
    )
    message = forms.CharField(
        label="Précisions",
        max_length=MESSAGE_MAX,
        required=False,
        help_text="Ce que vous avez vu ou lu sur place. N’écrivez ni votre nom, ni le code d’un pass.",
        widget=forms.Textarea({"rows": 4}),
    )


class AnswerForm(DomainForm):
    """What becomes of a report."""

    answer = forms.CharField(
        label="Motif",
        max_length=300,
        required=False,
        help_text="Obligatoire pour écarter. Vos collègues le lisent.",
        widget=forms.Textarea({"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@public
def report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask what has changed, then back to the site's page with a word of thanks."""
    site = get_object_or_404(Site.objects.select_related("commune"), pk=pk)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many_failures("site-report", client_address(request), limit=REPORTS, window=AN_HOUR):
            response = TemplateResponse(request, "actors/directory/too_many.html", {"site": site}, status=429)
            response["Retry-After"] = str(AN_HOUR)
            return response
        try:
            changes.report_change(site=site, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"{reverse('site_page', args=[site.pk])}?merci")
    return TemplateResponse(request, "actors/directory/report.html", {"site": site, "form": form})


@require_safe
@actor
def actor_list(request: HttpRequest) -> HttpResponse:
    """What visitors say of the actor's sites."""
    return _list(request, "actor_site_change")


@require_safe
@operator
def operator_list(request: HttpRequest) -> HttpResponse:
    """What visitors say of all sites."""
    return _list(request, "operator_site_change")


@require_http_methods(["GET", "HEAD", "POST"])
@actor
def actor_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One report about a site of the actor."""
    return _answer(request, pk, "actor")


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def operator_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One report about any site."""
    return _answer(request, pk, "operator")


def _list(request: HttpRequest, address: str) -> HttpResponse:
    seen = SiteChange.objects.visible_to(request.principal).select_related("site__commune", "actor")
    done = request.GET.get("etat") == "traites"
    rows = seen.exclude(state=SiteChange.State.OPEN).order_by("-decided_at", "id") if done else seen.waiting()
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "done": done,
        "address": address,
        "tabs": [("À traiter", request.path, not done), ("Traités", f"{request.path}?etat=traites", done)],
    }
    return TemplateResponse(request, "actors/directory/changes.html", context)


def _answer(request: HttpRequest, pk: uuid.UUID, hat: str) -> HttpResponse:
    rows = SiteChange.objects.visible_to(request.principal).select_related("site__commune", "actor")
    change = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    back = reverse(f"{hat}_site_changes", args=[request.organisation.pk])
    if request.method == "POST" and form.is_valid():
        verb: Any = changes.accept_change if "accept" in request.POST else changes.close_change
        try:
            verb(change=change, **form.cleaned_data)
        except DomainError as error:
            form.add_error("answer" if error.field == "reason" else None, f"{error.text} {error.next_step}".strip())
        else:
            messages.success(request, "C’est noté. Mettez le lieu à jour." if verb is changes.accept_change else
                             "Signalement écarté.")  # fmt: skip
            return redirect(_edit(change, hat, request.organisation.pk) if verb is changes.accept_change else back)
    context = {"change": change, "form": form, "back": back, "edit": _edit(change, hat, request.organisation.pk)}
    return TemplateResponse(request, "actors/directory/change.html", context)


def _edit(change: SiteChange, hat: str, organisation: uuid.UUID) -> str:
    """Where what was reported is put right; the operator's page of an actor is the room above's, named by address."""
    if hat == "actor":
        return reverse("actor_site", args=[organisation, change.site_id])
    return reverse("operator_actor", args=[organisation, change.actor_id])
