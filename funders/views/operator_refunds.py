"""Money given back to a funder, in the operator's space: one person prepares, another transfers and confirms."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.ledger.balances import refundable
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from funders import services
from funders.forms import RefundForm, RefundLeftForm
from funders.funds import cash_of
from funders.models import FundingLine, Refund

MONEY = (Role.MANAGER, Role.FINANCE)


@space(Hat.OPERATOR, roles=MONEY)
def refund_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What each line may give back now, and what is to be given back; nothing moves yet."""
    funders = Organisation.objects.with_hat(Hat.FUNDER).select_related("purse")
    funder = get_object_or_404(funders, pk=pk)
    now = refundable(funder.purse.pk)
    owned = FundingLine.objects.visible_to(request.principal).filter(funder=funder)
    found = owned.select_related("campaign", "account__purse")
    lines = [(line, now.get(line.account_id, 0)) for line in found]  # one added just now has nothing yet
    initial = {"line": request.GET.get("ligne"), "holder": funder.name[:70]}
    form = RefundForm(request.POST or None, lines=lines, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            refund = services.prepare_refund(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(
                request, "Remboursement préparé. Une autre personne doit maintenant le virer et le confirmer."
            )
            return redirect("operator_refund", request.organisation.pk, refund.pk)
    context = {"form": form, "funder": funder, "cash": cash_of(funder.purse), "possible": any(now.values())}
    return render(request, "funders/operator/refund_form.html", context)


@space(Hat.OPERATOR, roles=MONEY)
def refund_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What was prepared and whether it may still leave; confirm with the bank's reference, or set aside."""
    refunds = Refund.objects.visible_to(request.principal)
    refund = get_object_or_404(refunds.select_related("line__account__purse", "line__campaign", "line__funder"), pk=pk)
    form = RefundLeftForm(request.POST or None, initial={"left_on": timezone.localdate()})
    if "discard" in request.POST:
        services.discard_refund(refund=refund)
        messages.success(request, "Remboursement écarté : rien n’a bougé.")
        return redirect("operator_funder", request.organisation.pk, refund.funder_id)
    if request.method == "POST" and form.is_valid():
        try:
            services.confirm_refund(refund=refund, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Remboursement confirmé : le commanditaire est prévenu.")
            return redirect("operator_refund", request.organisation.pk, refund.pk)
    return render(
        request, "funders/operator/refund.html", {"refund": refund, "form": form, **_standing(request, refund)}
    )


def _standing(request: HttpRequest, refund: Refund) -> dict[str, Any]:
    """Whether it may leave now, and who may say that it left; nothing to ask once it is confirmed."""
    if refund.confirmed_at:
        return {}
    now = refundable(refund.line.account.purse_id)[refund.line.account_id]
    return {
        "own": refund.prepared_by == request.principal.person_id,
        "overtaken": refund.amount_cents > now,
        "now": now,
    }
