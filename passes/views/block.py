"""Opposition on a booklet declared lost or stolen: find it, see what it means, block it. For funder and operator."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from aptic import french
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.views.presenting import trace_url
from passes.blocking import block_booklet
from passes.forms import ByCodeForm, ByNumberForm
from passes.models import Batch, Booklet, Pass
from passes.permissions import DECIDERS
from passes.replacing import is_running
from passes.views.typed import not_stored, read_code

SALT, SHOWN_FOR = "block", 1800  # seconds between looking and confirming
NOT_FOUND = "Aucun de vos carnets ne porte ce numéro ou ce code."


@require_http_methods(["GET", "POST"])
@not_stored
@space(Hat.FUNDER, roles=DECIDERS)
def funder_block(request: HttpRequest) -> HttpResponse:
    """Find a booklet of one's own operations."""
    return _find(request, "funder")


@require_http_methods(["GET", "POST"])
@not_stored
@space(Hat.OPERATOR, roles=DECIDERS)
def operator_block(request: HttpRequest) -> HttpResponse:
    """Find any booklet."""
    return _find(request, "operator")


@require_POST
@space(Hat.FUNDER, roles=DECIDERS)
def funder_blocked(request: HttpRequest) -> HttpResponse:
    """Block the booklet shown."""
    return _block(request, "funder")


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def operator_blocked(request: HttpRequest) -> HttpResponse:
    """Block the booklet shown."""
    return _block(request, "operator")


def _find(request: HttpRequest, side: str) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    by_code = ByCodeForm(posted if posted is not None and "code" in posted else None)
    by_number = ByNumberForm(posted if posted is not None and "code" not in posted else None)
    error = ""
    try:
        if by_code.is_valid():
            asked = _own(request).filter(pk=read_code(request, by_code.cleaned_data["code"]).booklet_id)
        elif by_number.is_valid():
            asked = _own(request).filter(pk=_serial(**by_number.cleaned_data))
        else:
            asked = Booklet.objects.none()
    except DomainError as refusal:
        by_code.add_error("code", f"{refusal} {refusal.next_step}")  # type: ignore[attr-defined]
    else:
        if booklet := asked.first():
            return TemplateResponse(request, "passes/stock/block_confirm.html", _shown(request, booklet, side))
        if by_code.is_valid() or by_number.is_valid():
            # A real code is not shown again.
            by_code, error = ByCodeForm(), NOT_FOUND
    context = {"by_code": by_code, "by_number": by_number, "error": error}
    return TemplateResponse(request, "passes/stock/block.html", context, status=404 if error else 200)


def _serial(batch: int, number: int) -> int:
    """The id of a batch's booklet; 0, which is nobody's, when the batch does not reach that number."""
    found = Batch.objects.filter(pk=batch).first()
    return found.first_booklet + number - 1 if found and number <= found.booklets else 0


def _shown(request: HttpRequest, booklet: Booklet, side: str) -> dict[str, Any]:
    """What blocking it would do."""
    counts = Counter(_passes(booklet).values_list("state", flat=True))
    still_open = counts[Pass.State.OPEN]
    value = french.euros(still_open * booklet.batch.face_value_cents)
    holder = booklet.distributor.name if booklet.distributor else "personne : il n’a pas été confié à un aiguilleur"
    return {
        "booklet": booklet,
        "open": still_open,
        "replace_url": _replace_url(request, booklet, side) if still_open or counts[Pass.State.BLOCKED] else "",
        "replacements": _replacements(request, booklet, side),
        "sealed": signing.dumps(booklet.pk, salt=SALT),
        "action": f"{side}_blocked",
        "back": f"{side}_block",
        "facts": [
            ("Opération", booklet.batch.campaign.name),
            ("Confié à", holder),
            ("Remis à une personne", french.moment(booklet.handed_out_at) if booklet.handed_out_at else "pas encore"),
            (
                "Encore utilisables",
                f"{french.plural(still_open, 'pass,pass')}, {value}",
                trace_url(request, "booklet", booklet.pk),
            ),
        ],
        "points": [
            "Dès maintenant, ses pass ne sont plus acceptés nulle part.",
            "Ce qui est déjà utilisé reste payé aux lieux.",
            "L’argent reste dans l’opération : il redevient disponible quand la date du lot est passée, ou sert "
            "aussitôt dans un nouveau carnet si vous remplacez celui-ci.",
        ],
    }


def _replace_url(request: HttpRequest, booklet: Booklet, side: str) -> str:
    """Where this booklet is replaced; empty when its batch is over: a new one would be of no use."""
    if not is_running(booklet.batch):
        return ""
    page = reverse(f"{side}_batch_replace", args=[request.organisation.pk, booklet.batch.uuid])  # type: ignore[attr-defined]
    return f"{page}?first={booklet.number}&booklets=1"


def _replacements(request: HttpRequest, booklet: Booklet, side: str) -> list[tuple[str, str]]:
    """The booklets that hold its value since, and where their batches are shown."""
    organisation = request.organisation.pk  # type: ignore[attr-defined]
    rows = booklet.replacements.select_related("booklet", "batch").order_by("pk")
    return [
        (
            f"carnet {french.number(one.booklet.number)} du lot {french.number(one.batch_id)}",
            reverse(f"{side}_batch", args=[organisation, one.batch.uuid]),
        )
        for one in rows
    ]


def _block(request: HttpRequest, side: str) -> HttpResponse:
    organisation = request.organisation.pk  # type: ignore[attr-defined]
    try:
        booklet_id = signing.loads(request.POST.get("booklet", ""), salt=SALT, max_age=SHOWN_FOR)
    except signing.BadSignature:
        messages.error(request, "Cette page est restée ouverte trop longtemps : rien n’est bloqué. Recommencez.")
        return redirect(f"{side}_block", organisation)
    booklet = get_object_or_404(_own(request), pk=booklet_id)
    blocked = block_booklet(booklet=booklet)
    name = f"carnet {french.number(booklet.number)} du lot {french.number(booklet.batch_id)}"
    if blocked:
        words = french.agree(blocked, "bloqué")
        messages.success(request, f"Le {name} est bloqué : {french.plural(blocked, 'pass,pass')} {words}.")
    else:
        messages.info(request, f"Le {name} n’avait plus de pass à bloquer : rien n’a changé.")
    return redirect(f"{side}_block", organisation)


def _own(request: HttpRequest) -> QuerySet[Booklet]:
    """The booklets whose money is the funder's own; all of them for the operator."""
    principal = request.principal  # type: ignore[attr-defined]
    booklets = Booklet.objects.select_related("batch__campaign", "distributor")
    return booklets if principal.is_operator else booklets.filter(funder_id=principal.organisation_id)


def _passes(booklet: Booklet) -> QuerySet[Pass]:
    return Pass.objects.filter(pk__range=(booklet.pk << 4, (booklet.pk << 4) + 15))
