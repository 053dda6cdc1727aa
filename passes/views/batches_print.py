"""Printing a batch: start it and watch it, take the files, say that the paper is good. For both spaces.

What is printed pays whoever holds it: a second factor is asked of everybody, agents included.
"""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes import printing
from passes.models import Batch
from passes.views.batches import find

PER_PAGE = 40


@never_cache
@require_http_methods(["GET", "POST"])
@space(Hat.OPERATOR, roles=printing.ROLES, second_factor=True)
def operator_print(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The files of a batch, for the operator."""
    return _print(request, pk, "operator")


@never_cache
@require_http_methods(["GET", "POST"])
@space(Hat.FUNDER, roles=printing.ROLES, second_factor=True)
def funder_print(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The files of a batch, for who bought it."""
    return _print(request, pk, "funder")


@require_POST
@space(Hat.OPERATOR, roles=printing.ROLES, second_factor=True)
def operator_confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The operator's booklets are on paper."""
    return _confirm(request, pk, "operator")


@require_POST
@space(Hat.FUNDER, roles=printing.ROLES, second_factor=True)
def funder_confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The funder's booklets are on paper."""
    return _confirm(request, pk, "funder")


def _print(request: HttpRequest, pk: uuid.UUID, side: str) -> HttpResponse:
    batch = find(request, pk)
    if request.method == "POST":
        printing.request_print(batch=batch)
        return redirect(f"{side}_batch_print", request.organisation.pk, pk)
    job = printing.print_jobs(batch).first()
    missing = sum(span.booklets for span in printing.missing_spans(batch))
    page = Paginator(printing.files_of(batch), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "side": side,
        "list_name": f"{side}_batches",
        "detail_name": f"{side}_batch",
        "confirm_name": f"{side}_batch_printed",
        "job": job if job and (job.is_live or (missing and job.state == job.State.FAILED)) else None,
        "missing": missing,
        "may_start": _may_start(request, batch, missing),
        "page_obj": page,
        "sheets": batch.booklets * 2,
        "lead": f"Lot {batch.pk} · {batch.funder.name} · {batch.campaign.name}",
        "delete_after": _delete_after(batch),
    }
    return render(request, "passes/batches/print.html", context)


def _may_start(request: HttpRequest, batch: Batch, missing: int) -> bool:
    """Is there something to make that this person may have made?"""
    usable = batch.activated_at is not None and batch.expired_at is None and missing > 0
    return usable and (batch.print_confirmed_at is None or request.principal.is_operator)


def _delete_after(batch: Batch) -> object:
    """When the first of the files goes."""
    stored = printing.files_of(batch).filter(document__deleted_at=None)
    return stored.order_by("document__delete_after").values_list("document__delete_after", flat=True).first()


def _confirm(request: HttpRequest, pk: uuid.UUID, side: str) -> HttpResponse:
    printing.confirm_print(batch=find(request, pk))
    messages.success(request, "Impression confirmée. Les fichiers seront effacés dans 30 jours.")
    return redirect(f"{side}_batch", request.organisation.pk, pk)
