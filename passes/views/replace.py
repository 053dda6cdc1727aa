"""Replacing booklets that were lost, stolen or leaked: name them, see what is left, confirm. For both spaces."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from aptic import french
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.views.presenting import trace_url
from passes.forms import ReplaceForm
from passes.models import Batch
from passes.permissions import DECIDERS
from passes.replacing import Left, check_replaceable, left_in, replace_booklets
from passes.views.batches import find

POINTS = (
    "Dès maintenant, les pass de ces carnets ne sont plus acceptés nulle part.",
    "Ce qui est déjà utilisé reste payé aux lieux.",
    "Leur valeur passe aux nouveaux carnets : même ligne de financement, même dernier jour. Rien n’est payé deux fois.",
    "Il reste à imprimer les nouveaux carnets, puis à les confier à un aiguilleur, qui les remet.",
)


@require_http_methods(["GET", "POST"])
@space(Hat.FUNDER, roles=DECIDERS, second_factor=True)
def funder_replace(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Replace booklets of one's own batch."""
    return _replace(request, pk, "funder")


@require_http_methods(["GET", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def operator_replace(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Replace booklets of any batch."""
    return _replace(request, pk, "operator")


def _replace(request: HttpRequest, pk: uuid.UUID, side: str) -> HttpResponse:
    batch = find(request, pk)
    posted = request.method == "POST"
    asked = request.POST if posted else request.GET
    form = ReplaceForm(asked if "first" in asked else None, batch=batch)
    left: list[Left] = []
    if form.is_valid():
        try:
            if posted:
                return _done(request, side, batch, replace_booklets(batch=batch, **form.run))
            check_replaceable(batch, **form.run, at=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            left = left_in(**form.run)
    context = {
        "batch": batch,
        "form": form,
        "looked": form.is_valid() and not posted,
        "left": left,
        "facts": _facts(request, batch, left),
        "points": POINTS,
        "list_name": f"{side}_batches",
        "detail_name": f"{side}_batch",
        "title": _title(form, left),
    }
    return TemplateResponse(request, "passes/batches/replace.html", context)


def _title(form: ReplaceForm, left: list[Left]) -> str:
    if not left:
        return "Remplacer des carnets"
    first, count = form.cleaned_data["first"], form.cleaned_data["booklets"]
    if count == 1:
        return f"Remplacer le carnet {french.number(first)} ?"
    return f"Remplacer les carnets {french.number(first)} à {french.number(first + count - 1)} ?"


def _facts(request: HttpRequest, batch: Batch, left: list[Left]) -> list[tuple[str, ...]]:
    """What would move, and into what; rows for `components/dl.html`."""
    passes = sum(one.passes for one in left)
    return [
        (
            "Encore utilisables ou bloqués",
            f"{french.plural(passes, 'pass,pass')}, {_euros(batch, passes)}",
            trace_url(request, "batch", batch.uuid),
        ),
        ("Nouveaux carnets", " et ".join(_new(one) for one in left)),
        ("Utilisables jusqu’au", f"{french.date(batch.ends_on)} inclus"),
        ("Payés par", batch.line.source),
    ]


def _new(one: Left) -> str:
    return f"{french.plural(one.booklets, 'carnet')} de {french.plural(one.passes_each, 'pass,pass')}"


def _euros(batch: Batch, passes: int) -> str:
    return french.euros(passes * batch.face_value_cents)


def _done(request: HttpRequest, side: str, batch: Batch, made: list[Batch]) -> HttpResponse:
    """Say which batches hold the value now; go on where they are printed."""
    booklets, passes = sum(one.booklets for one in made), sum(one.passes for one in made)
    names = " et ".join(french.number(one.pk) for one in made)
    where, them = french.agree(len(made), "dans le lot,dans les lots"), french.agree(booklets, "le,les")
    what = f"{french.plural(booklets, 'carnet')} {french.agree(booklets, 'remplacé')}"
    value = f"{french.plural(passes, 'pass,pass')}, {_euros(batch, passes)}"
    next_step = f"Imprimez-{them}, puis confiez-{them} à un aiguilleur."
    messages.success(request, f"{what} : {value}, {where} {names}. {next_step}")
    organisation: Any = request.organisation  # type: ignore[attr-defined]
    if len(made) == 1:
        return redirect(f"{side}_batch", organisation.pk, made[0].uuid)
    return redirect(f"{side}_batches", organisation.pk)
