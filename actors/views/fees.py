"""The operator's fees, in its space: what each purse owes, one person prepares the transfer, another confirms it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from actors.models import FeeSweep
from actors.settlement import fees
from actors.settlement.people import ROLES
from actors.settlement_forms import SweepForm, SweepLeftForm
from aptic.accounts.models import User
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PAGE = 50
operator = space(Hat.OPERATOR, roles=ROLES)


@operator
def fee_list(request: HttpRequest) -> HttpResponse:
    """Fees and VAT due to the operator, purse by purse, what waits for a second person, and what has left."""
    if request.method == "POST":
        form = SweepForm(request.POST)
        if not form.is_valid():
            raise Http404
        sweep = fees.prepare_sweep(purse=form.cleaned_data["purse"])
        messages.success(request, "Virement préparé. Une autre personne doit maintenant le faire et le confirmer.")
        return redirect("operator_fee_sweep", request.organisation.pk, sweep.pk)
    sweeps = _sweeps(request)
    latest = sweeps.filter(confirmed_at__isnull=False).order_by("-confirmed_at", "id")[:PAGE]
    shown = sweeps.filter(Q(confirmed_at=None) | Q(pk__in=latest.values("pk"))).order_by("-confirmed_at", "id")
    waiting = {one.purse_id: one for one in shown if one.confirmed_at is None}
    rows = [
        {"purse": purse, "fees": due, "vat": vat, "total": due + vat, "sweep": waiting.get(purse.pk)}
        for purse, (due, vat) in fees.fees_due().items()
        if due + vat or purse.pk in waiting
    ]
    context = {"rows": rows, "left": [one for one in shown if one.confirmed_at]}
    return render(request, "actors/settlement/fees.html", context)


@operator
def fee_sweep(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What was prepared and whether it may still leave; confirm with the bank's reference, or set aside."""
    sweep = get_object_or_404(_sweeps(request), pk=pk)
    form = SweepLeftForm(request.POST or None, initial={"left_on": timezone.localdate()})
    if "discard" in request.POST:
        fees.discard_sweep(sweep=sweep)
        messages.success(request, "Virement écarté : rien n’a bougé.")
        return redirect("operator_fees", request.organisation.pk)
    if request.method == "POST" and form.is_valid():
        try:
            fees.confirm_sweep(sweep=sweep, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Virement confirmé : les frais ont quitté le cantonnement.")
            return redirect("operator_fee_sweep", request.organisation.pk, sweep.pk)
    context = {"sweep": sweep, "form": form, **_standing(request, sweep)}
    return render(request, "actors/settlement/fee_sweep.html", context)


def _sweeps(request: HttpRequest) -> Any:
    """Those that may be seen, with the names of their two people; nobody's left before two were needed."""
    names = {
        f"{step}_name": Subquery(User.objects.filter(pk=OuterRef(f"{step}_by")).values("full_name"))
        for step in ("prepared", "confirmed")
    }
    return FeeSweep.objects.visible_to(request.principal).select_related("purse__funder").annotate(**names)


def _standing(request: HttpRequest, sweep: FeeSweep) -> dict[str, Any]:
    """Whether it may leave now, and who may say that it left; nothing to ask once it is confirmed."""
    if sweep.confirmed_at:
        return {}
    due, vat = fees.fees_due(sweep.purse).get(sweep.purse, (0, 0))
    return {
        "own": sweep.prepared_by == request.principal.person_id,
        "overtaken": sweep.fees_cents > due or sweep.vat_cents > vat,
        "now": due + vat,
        "more": due + vat > sweep.total_cents,
    }
