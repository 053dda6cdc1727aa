"""Held lines in the operator's space: one person proposes to accept or refuse those ticked, another approves."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from actors.settlement.people import ROLES
from aptic.accounts.models import User
from aptic.errors import DomainError
from aptic.french import agree, plural
from aptic.ids import parse_uuid
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes import conflict_words as words
from passes import held
from passes.conflict_forms import JudgementForm
from passes.models import Held
from passes.views.incidents import tabs

SHOWN = 200  # lines judged on one page; the next ones follow
PAST = 50
operator = space(Hat.OPERATOR, roles=ROLES)


@operator
def held_list(request: HttpRequest) -> HttpResponse:
    """What waits for the first person, what waits for the second, and what was judged lately."""
    rows = Held.objects.visible_to(request.principal).select_related("actor", "site", "service")
    rows = rows.order_by("recorded_at", "occurred_at", "id")
    waiting = list(rows.filter(state=Held.State.WAITING)[:SHOWN])
    prepared = list(rows.filter(state=Held.State.PREPARED)[:SHOWN])
    bound = "prepare" in request.POST
    form = JudgementForm(request.POST if bound else None, waiting=[str(one.pk) for one in waiting])
    if bound and form.is_valid() and _prepare(request, form):
        return redirect("operator_held", request.organisation.pk)
    judged = rows.exclude(pk__in=[one.pk for one in waiting + prepared]).exclude(approved_at=None)
    names = dict(User.objects.filter(pk__in={one.prepared_by for one in prepared}).values_list("pk", "full_name"))
    for one in prepared:
        one.prepared_name, one.own = names.get(one.prepared_by, ""), one.prepared_by == request.principal.person_id
    context = {
        "form": form,
        "waiting": waiting,
        "groups": _groups(prepared),
        "judged": words.dress(list(judged.order_by("-approved_at", "id")[:PAST])),
        "tabs": tabs(request, "operator_held"),
        "ticked": form["lines"].value() or [] if bound else [],
    }
    return render(request, "passes/conflicts/held.html", context)


@operator
def held_approve(request: HttpRequest) -> HttpResponse:
    """The second person approves, or sends back, one group that was prepared."""
    if request.method != "POST":
        return redirect("operator_held", request.organisation.pk)
    keys, release = request.POST.getlist("lines"), request.POST.get("release") == "1"
    rows = Held.objects.visible_to(request.principal).filter(pk__in=[key for key in map(parse_uuid, keys) if key])
    lines = list(rows.order_by("pk").values_list("pk", flat=True))
    try:
        if "back" in request.POST:
            held.send_back(lines=lines)
            messages.success(request, "Repris : ces encaissements sont de nouveau à instruire.")
        else:
            outcomes = held.approve_judgement(lines=lines, release=release)
            refused = sum(one.error is not None for one in outcomes)
            text = plural(len(lines), "encaissement")
            verb = agree(len(lines), "accepté" if release else "refusé")
            more = f" {plural(refused, 'est devenu un incident,sont devenus des incidents')}." if refused else ""
            messages.success(request, f"{text} {verb}.{more}")
    except DomainError as error:
        messages.error(request, f"{error.text} {error.next_step}".strip())
    return redirect("operator_held", request.organisation.pk)


def _prepare(request: HttpRequest, form: JudgementForm) -> bool:
    lines = [uuid.UUID(key) for key in form.cleaned_data["lines"]]
    release = request.POST["prepare"] == "release"
    try:
        done = held.prepare_judgement(lines=lines, release=release, reason=form.cleaned_data["reason"])
    except DomainError as error:
        form.refuse(error)
        return False
    messages.success(request, f"{plural(done, 'encaissement')} : une autre personne doit maintenant approuver.")
    return True


def _groups(prepared: list[Held]) -> list[dict]:
    """What one person prepared in one way: a second person approves it at once."""
    found: dict[tuple, list[Held]] = {}
    for one in prepared:
        found.setdefault((one.prepared_by, one.release, one.reason), []).append(one)
    return [
        {
            "lines": lines, "release": lines[0].release, "reason": lines[0].reason, "own": lines[0].own,
            "name": lines[0].prepared_name, "cents": sum(one.value_cents for one in lines),
        }
        for lines in found.values()
    ]  # fmt: skip
