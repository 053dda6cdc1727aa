"""« Pourquoi ce refus ? » for the operator, and for an actor on the attempts of its own sites."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from actors.models import Site
from aptic import french
from aptic.accounts.models import Role
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes import explaining
from passes.catalogue import service_name
from passes.explaining import MOST_FOUND, Replay
from passes.models import Pass, Redemption
from passes.refusals import EXPLANATIONS, Refusal
from passes.rules import FIRST_DAY, Facts
from passes.views.typed import not_stored

MOST_SITES = 20
SUPPORT = (Role.MANAGER, Role.AGENT)

QUESTIONS: dict[Refusal, str] = {
    Refusal.SITE_NOT_QUALIFIED: "Le lieu est ouvert et son acteur est qualifié",
    Refusal.ALREADY_REDEEMED: "Le pass n’est pas déjà utilisé",
    Refusal.BLOCKED: "Le pass n’est ni bloqué ni remplacé",
    Refusal.EXPIRED: "L’aide est donnée avant la fin, et encaissée à temps",
    Refusal.NOT_ACTIVE: "Le lot est activé et sa période a commencé",
    Refusal.NOT_HANDED_OUT: "Le carnet est remis, si l’opération le demande",
    Refusal.TERRITORY_NOT_COVERED: "Le territoire du lieu est prévu",
    Refusal.SITE_NOT_COVERED: "Le lieu est de ceux que l’opération a choisis",
    Refusal.SERVICE_NOT_COVERED: "Le service est prévu",
    Refusal.LIMIT_REACHED: "Le carnet peut encore servir ce jour",
}
LABELS = {
    "site_qualified": "lieu ouvert, acteur qualifié",
    "pass_state": "état du pass",
    "valid_until": "valable jusqu’au",
    "claim_until": "encaissable jusqu’au",
    "released": "décidé par deux personnes",
    "activated": "lot activé",
    "valid_from": "valable à partir du",
    "needs_hand_out": "remise demandée",
    "handed_out": "carnet remis",
    "territories_match": "territoire prévu",
    "site_match": "lieu prévu",
    "services": "services prévus",
    "passes_per_day": "pass par jour, au plus",
    "spent_today": "déjà utilisés ce jour",
}


@require_safe
@not_stored
@space(Hat.OPERATOR)
def operator_refusals(request: HttpRequest) -> HttpResponse:
    """Find an attempt at any site."""
    return _search(request, "operator", lambda typed: list(Site.objects.search(typed)[:MOST_SITES]) if typed else [])


@require_safe
@not_stored
@space(Hat.ACTOR, roles=SUPPORT)
def actor_refusals(request: HttpRequest) -> HttpResponse:
    """Find an attempt at a site of one's own; all of them when none is named."""
    own = Site.objects.visible_to(request.principal)  # type: ignore[attr-defined]
    return _search(request, "actor", lambda typed: list(own.search(typed) if typed else own))


@require_safe
@space(Hat.OPERATOR)
def operator_refusal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One attempt of anybody's."""
    return _show(request, "operator", pk)


@require_safe
@space(Hat.ACTOR, roles=SUPPORT)
def actor_refusal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One attempt at one's own sites."""
    return _show(request, "actor", pk)


def _search(request: HttpRequest, side: str, sites: Callable[[str], list[Site]]) -> HttpResponse:
    text, place = request.GET.get("q", "").strip(), request.GET.get("lieu", "").strip()
    day = _day(request.GET.get("jour", ""))
    found: list[Redemption] = []
    if text:
        found = list(explaining.of_text(text)[:MOST_FOUND])
    elif chosen := sites(place):
        found = list(explaining.refused_on(chosen, day)[:MOST_FOUND])
    names = explaining.names_of(found) if found else {}
    context = {
        "typed": text,
        "place": place,
        "day": day,
        "asked": bool(text or place),
        "found": [{"one": one, "name": names.get(one.pass_id, ""), "label": _label(one)} for one in found],
        "most": MOST_FOUND,
        "search": f"{side}_refusals",
        "detail": f"{side}_refusal",
    }
    return TemplateResponse(request, "passes/support/search.html", context)


def _show(request: HttpRequest, side: str, pk: uuid.UUID) -> HttpResponse:
    attempt = get_object_or_404(explaining.attempts(), pk=pk)
    told = explaining.explain(attempt)
    reason = None if attempt.outcome == Redemption.ACCEPTED else Refusal(attempt.outcome)
    context = {
        "told": told,
        "label": _label(attempt),
        "why": EXPLANATIONS[reason] if reason else None,
        "then": _rows(told.then) if told.then else [],
        "now": _rows(told.now),
        "now_label": told.now.answer.label if told.now.answer else "serait encaissé",
        "search": f"{side}_refusals",
    }
    return TemplateResponse(request, "passes/support/refusal.html", context)


def _label(attempt: Redemption) -> str:
    return "Encaissé" if attempt.outcome == Redemption.ACCEPTED else Refusal(attempt.outcome).label


def _rows(replay: Replay) -> list[dict[str, Any]]:
    """Each rule with what it read; the first that does not hold is the answer."""
    return [
        {
            "question": QUESTIONS[rule.reason],
            "facts": [(LABELS[name], _said(name, replay.facts)) for name in rule.reads],
            "holds": holds,
            "decides": not holds and rule.reason == replay.answer,
        }
        for rule, holds in replay.steps
    ]


def _said(name: str, facts: Facts) -> str:
    """One fact in words."""
    value = getattr(facts, name)
    if name == "pass_state":
        return Pass.State(value).label.lower()
    if name == "services":
        return ", ".join(service_name(pk) for pk in value) or "tous"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return french.moment(value)
    return "sans limite" if value is None else str(value)


def _day(text: str) -> date:
    """The day that is asked for; today for one that is none, or on which nothing can have been refused."""
    today = timezone.localdate()
    try:
        found = parse_date(text)
    except ValueError:
        return today
    return found if found and FIRST_DAY <= found <= today else today
