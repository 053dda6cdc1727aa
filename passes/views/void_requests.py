"""Late voids: asked for at the counter, answered by a manager of the actor, or by the operator, alone for a device."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from actors.models import Site
from aptic.accounts.models import Role, User
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes import conflict_words as words
from passes import void_requests as requests
from passes.conflict_forms import AnswerForm, AskForm
from passes.models import Held, Incident, Redemption, VoidRequest
from passes.views.incidents import tabs

SHOWN = 50
actor = space(Hat.ACTOR)
manager = space(Hat.ACTOR, roles=(Role.MANAGER,))
operator = space(Hat.OPERATOR)


@require_POST
@space(Hat.ACTOR, roles=tuple(requests.AT_THE_COUNTER))
def ask(request: HttpRequest, redemption_id: uuid.UUID) -> HttpResponse:
    """Ask, from the receipt of a redemption, that it be undone; then back to the receipt."""
    rows = Redemption.objects.visible_to(request.principal).filter(actor_id=request.organisation.pk)
    redemption = get_object_or_404(rows.select_related("void"), pk=redemption_id)
    site = get_object_or_404(Site.objects.worked_by(request.membership), pk=redemption.site_id)
    note_request(request, redemption)
    return redirect("counter_done", organisation=site.actor_id, site=site.pk, redemption_id=redemption.pk)


def note_request(request: HttpRequest, redemption: Redemption, *, device_id: uuid.UUID | None = None) -> bool:
    """Record the posted `reason` as the acting principal's request, and say what came of it (`messages`).

    For any door of the counter: the caller has checked that whoever acts may see `redemption` at its site.
    """
    form = AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Écrivez pourquoi annuler, en quelques mots.")
        return False
    try:
        asked = requests.request_void(redemption=redemption, device_id=device_id, **form.cleaned_data)
    except DomainError as error:
        messages.error(request, f"{error.text} {error.next_step}".strip())
        return False
    who = "L’opérateur" if asked.is_from_device else "Une autre personne"
    messages.success(request, f"Demande envoyée. {who} doit l’approuver.")
    return True


@actor
def actor_list(request: HttpRequest) -> HttpResponse:
    """An actor's own incidents, held lines and requests; a manager answers those that wait."""
    now, principal = timezone.now(), request.principal
    incidents = Incident.objects.visible_to(principal).select_related("redemption", "site")
    held = Held.objects.visible_to(principal).select_related("site").order_by("-recorded_at", "id")[:SHOWN]
    lines = words.dress(list(held))
    for one in lines:
        one.next_words = words.held_words(one)
    context = {
        "pending": words.dress_incidents(list(incidents.pending()[:SHOWN]), now),
        "closed": words.dress_incidents(
            list(incidents.filter(closed_at__isnull=False).order_by("-closed_at")[:SHOWN]), now
        ),
        "held": lines,
        **_requests(request),
        "may_answer": principal.role == Role.MANAGER,
        "address": "actor_void_request",
    }
    return render(request, "passes/conflicts/actor.html", context)


@operator
def operator_list(request: HttpRequest) -> HttpResponse:
    """Every request: those that wait, and the latest answers."""
    context = {
        **_requests(request),
        "may_answer": True,
        "address": "operator_void_request",
        "tabs": tabs(request, "operator_void_requests"),
    }
    return render(request, "passes/conflicts/void_requests.html", context)


@manager
def actor_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A manager of the actor approves or refuses."""
    return _answer(request, pk, "actor_incidents")


@operator
def operator_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Somebody of the operator approves or refuses."""
    return _answer(request, pk, "operator_void_requests")


def _answer(request: HttpRequest, pk: uuid.UUID, back: str) -> HttpResponse:
    rows = VoidRequest.objects.visible_to(request.principal)
    asked = get_object_or_404(rows.select_related("redemption__service", "actor", "site"), pk=pk)
    form = AnswerForm(request.POST if "refuse" in request.POST else None)
    if request.method == "POST":
        try:
            if _carry_out(request, asked, form):
                return redirect(back, request.organisation.pk)
        except DomainError as error:
            messages.error(request, f"{error.text} {error.next_step}".strip())
            return redirect(request.path)
    words.dress([asked])
    context = {
        "asked": asked,
        "form": form,
        "back": back,
        "name": _names([asked]).get(asked.asked_by, "un appareil du lieu"),
        "own": asked.asked_by == request.principal.person_id,
        "not_ours": asked.is_from_device and not request.principal.is_operator,
        "answer": words.answer_words(asked),
    }
    return render(request, "passes/conflicts/void_request.html", context)


def _carry_out(request: HttpRequest, asked: VoidRequest, form: AnswerForm) -> bool:
    """Do what the button says; False when the form must be corrected first. Raises what the service refuses."""
    if "refuse" in request.POST:
        if not form.is_valid():
            return False
        requests.refuse_void(request=asked, **form.cleaned_data)
        messages.success(request, "Demande refusée : l’encaissement reste.")
    elif isinstance(requests.approve_void(request=asked), Incident):
        messages.warning(request, "Ce pass est déjà dans un paiement : l’opérateur en fait un incident et décide.")
    else:
        messages.success(
            request,
            "Encaissement annulé : le pass peut resservir, sauf si son carnet a été déclaré perdu ou est périmé.",
        )
    return True


def _requests(request: HttpRequest) -> dict[str, Any]:
    rows: QuerySet[VoidRequest] = VoidRequest.objects.visible_to(request.principal).select_related("actor", "site")
    waiting, answered = (
        list(rows.pending()[:SHOWN]),
        list(rows.exclude(decided_at=None).order_by("-decided_at")[:SHOWN]),
    )
    names = _names(waiting + answered)
    for one in words.dress(waiting + answered):
        one.name, one.own = names.get(one.asked_by, "un appareil"), one.asked_by == request.principal.person_id
        one.words, one.who = words.answer_words(one), words.who_answers(one)
    return {"requests": waiting, "answered": answered}


def _names(rows: list[VoidRequest]) -> dict[Any, str]:
    people = {one.asked_by for one in rows if one.asked_by}
    return dict(User.objects.filter(pk__in=people).order_by("pk").values_list("pk", "full_name"))
