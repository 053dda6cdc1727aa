"""Issuing an order: what it takes from which line, the confirmation, then the work's progress on the same page."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Order
from passes import issuance, printing
from passes.models import Batch


@never_cache
@require_http_methods(["GET", "POST"])
@space(Hat.OPERATOR)
def order_issue(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Before: line by line, what is free and what the order takes. During: the bar. After: the batch.

    Everybody of the operator may look; who may issue is the service's to say.
    """
    order = get_object_or_404(Order.objects.visible_to(request.principal).with_terms(), pk=pk)
    if request.method == "POST":
        issuance.request_issue(order=order)
        return redirect("operator_order_issue", request.organisation.pk, order.pk)
    job = issuance.issue_jobs(order).first()
    context = {
        "order": order,
        "job": job if job and (job.is_live or order.state != Order.State.ISSUED) else None,
        "batch": Batch.objects.visible_to(request.principal).filter(order=order, replaces=None).first(),
        "lines": _lines(order),
        "refusal": _refusal(order),
        "may_issue": request.principal.role in issuance.ROLES,
        "may_print": request.principal.role in printing.ROLES,
    }
    return render(request, "passes/batches/issue.html", context)


def _lines(order: Order) -> list[dict[str, Any]]:
    """Each line of the campaign: its free money, what this order takes of it, what is left."""
    rows = []
    for line in order.campaign.lines.select_related("account"):
        free, taken = line.account.guarded_cents or 0, order.amount_cents if line.pk == order.line_id else 0
        left, pays = free - taken, bool(taken)
        rows.append({"pk": line.pk, "source": line.source, "free": free, "taken": taken, "left": left, "pays": pays})
    return rows


def _refusal(order: Order) -> DomainError | None:
    """Why the order cannot be issued now."""
    try:
        issuance.check_issuable(order)
    except DomainError as error:
        return error
    return None
