"""The operator's space: who takes part, what each funder promised and paid, which orders wait."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.ids import parse_uuid
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from funders import services
from funders.forms import OrganisationForm, PaymentOrderForm, ReceiptForm
from funders.funds import Funds, cash_of, funds_of, purse_of
from funders.models import FundingLine, Order, PaymentOrder, Receipt, Refund
from funders.partners import registered
from funders.views.presenting import line_rows, order_rows, refund_rows, segments, trace_url

MONEY = (Role.MANAGER, Role.FINANCE)
REGISTERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
SHOWN = 50  # papers of each kind on a funder's page, the latest first


def _guarded(kind: AccountKind) -> Coalesce:
    """The sum of a kind of account for each funder of a list, inside the same query."""
    sums = Account.objects.filter(funder=OuterRef("pk"), kind=kind).order_by().values("funder")
    return Coalesce(Subquery(sums.annotate(cents=Sum("guarded_cents")).values("cents")), 0)


def _funders() -> QuerySet[Organisation]:
    return (
        Organisation.objects.with_hat(Hat.FUNDER)
        .select_related("commune", "purse")
        .annotate(
            campaign_count=Count("campaigns"),
            free_cents=_guarded(AccountKind.CREDIT),
            promised_cents=_guarded(AccountKind.RECEIVABLE),
        )
        .order_by("search_key", "id")
    )


@space(Hat.OPERATOR)
def funder_list(request: HttpRequest) -> HttpResponse:
    """Funders by name, with what each may still issue and still owes."""
    typed = request.GET.get("q", "").strip()
    found = _funders().search(typed) if typed else _funders()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    create_url = _create_url(request, "operator_funder_create")
    context = {"title": "Commanditaires", "page_obj": page, "typed": typed, "create_url": create_url}
    return render(request, "funders/operator/funders.html", context)


def _create_url(request: HttpRequest, name: str) -> str:
    """Where to register a partner; nothing for who may not."""
    return reverse(name, args=[request.organisation.pk]) if request.membership.role in REGISTERS else ""


@space(Hat.OPERATOR, roles=REGISTERS)
def funder_create(request: HttpRequest) -> HttpResponse:
    """Register a funder and invite its manager."""
    return _create(request, Hat.FUNDER, services.create_funder, "Nouveau commanditaire", "operator_funders")


@space(Hat.OPERATOR)
def distributor_list(request: HttpRequest) -> HttpResponse:
    """Distributors by name."""
    typed = request.GET.get("q", "").strip()
    found = Organisation.objects.with_hat(Hat.DISTRIBUTOR).select_related("commune").order_by("search_key", "id")
    page = Paginator(found.search(typed) if typed else found, PER_PAGE).get_page(request.GET.get("page"))
    create_url = _create_url(request, "operator_distributor_create")
    context = {"title": "Aiguilleurs", "page_obj": page, "typed": typed, "create_url": create_url}
    return render(request, "funders/operator/distributors.html", context)


@space(Hat.OPERATOR, roles=REGISTERS)
def distributor_create(request: HttpRequest) -> HttpResponse:
    """Register a distributor and invite its manager."""
    return _create(request, Hat.DISTRIBUTOR, services.create_distributor, "Nouvel aiguilleur", "operator_distributors")


def _create(request: HttpRequest, hat: Hat, create: Callable[..., Organisation], title: str, back: str) -> HttpResponse:
    form = OrganisationForm(request.POST or None, hat=hat)
    if request.method == "POST" and form.is_valid():
        try:
            organisation = create(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, registered(organisation))
            if organisation.is_funder and back == "operator_funders":
                return redirect("operator_funder", request.organisation.pk, organisation.pk)
            return redirect(back, request.organisation.pk)
    context = {"form": form, "title": title, "back": back}
    return render(request, "funders/operator/organisation_form.html", context)


def _funder(pk: uuid.UUID) -> Organisation:
    return get_object_or_404(Organisation.objects.with_hat(Hat.FUNDER).select_related("purse", "commune"), pk=pk)


@space(Hat.OPERATOR)
def funder_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One funder's money: promised, received, free, in circulation, used, given back; and the papers that say so."""
    funder = _funder(pk)
    lines = list(_lines(request, funder))
    funds = funds_of(lines)
    total = sum(funds.values(), Funds())
    promises = PaymentOrder.objects.visible_to(request.principal).filter(funder=funder)
    receipts = Receipt.objects.visible_to(request.principal).filter(funder=funder)
    orders = Order.objects.visible_to(request.principal).filter(funder=funder)
    refunds = Refund.objects.visible_to(request.principal).filter(funder=funder).select_related("line__campaign")
    purse = purse_of(funder.purse)
    context = {
        "funder": funder,
        "funds": total,
        "segments": segments(total, trace_url(request, "funder", funder.pk)),
        "purse": purse,
        "cash": cash_of(funder.purse, purse),
        "lines": line_rows(request, lines, funds),
        "orders": order_rows(orders.waiting().with_terms()),
        "promises": _followed(request, promises.select_related("line__campaign")[:SHOWN]),
        "receipts": _followed(request, receipts.select_related("line__campaign", "payment_order")[:SHOWN]),
        "refunds": refund_rows(request, refunds[:SHOWN]),
        "may_record": request.principal.role in MONEY,
    }
    return render(request, "funders/operator/funder.html", context)


def _followed(request: HttpRequest, rows: Iterable[PaymentOrder | Receipt]) -> list[dict[str, Any]]:
    """Each paper with where its money can be followed."""
    return [{"row": row, "url": trace_url(request, "line", row.line_id)} for row in rows]


@space(Hat.OPERATOR)
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders not yet issued, the oldest first."""
    waiting = Order.objects.visible_to(request.principal).waiting().with_terms().order_by("placed_at", "id")
    return render(request, "funders/operator/orders.html", {"orders": order_rows(waiting[:200])})


def _lines(request: HttpRequest, funder: Organisation) -> QuerySet[FundingLine]:
    lines = FundingLine.objects.visible_to(request.principal).filter(funder=funder)
    return lines.select_related("campaign", "account__purse")


@space(Hat.OPERATOR, roles=MONEY)
def payment_order_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Record a promise to pay."""
    funder = _funder(pk)
    form = PaymentOrderForm(
        request.POST or None, lines=_lines(request, funder), initial={"line": request.GET.get("ligne")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            order = services.record_payment_order(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Mandat {order.number} enregistré : des pass peuvent être émis dessus.")
            return redirect("operator_funder", request.organisation.pk, funder.pk)
    return render(request, "funders/operator/payment_order_form.html", {"form": form, "funder": funder})


@space(Hat.OPERATOR, roles=MONEY)
def payment_order_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, then cancel a promise."""
    promises = PaymentOrder.objects.visible_to(request.principal)
    order = get_object_or_404(promises.select_related("line__account__purse", "line__campaign"), pk=pk)
    if request.method == "POST":
        services.cancel_payment_order(payment_order=order)
        messages.success(request, f"Mandat {order.number} annulé.")
        return redirect("operator_funder", request.organisation.pk, order.funder_id)
    return render(request, "funders/operator/payment_order_cancel.html", {"payment_order": order})


@space(Hat.OPERATOR, roles=MONEY)
def receipt_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Record a transfer read on the bank statement."""
    funder = _funder(pk)
    open_ones = PaymentOrder.objects.visible_to(request.principal).filter(funder=funder, state=PaymentOrder.State.OPEN)
    promises = open_ones.select_related("line__campaign", "line__account__purse")
    chosen = next((one for one in promises if one.pk == parse_uuid(request.GET.get("mandat"))), None)
    initial: dict[str, object] = {"received_on": timezone.localdate()}
    if chosen:
        initial |= {"target": f"mandat:{chosen.pk}", "amount_cents": chosen.amount_cents}
    elif line := parse_uuid(request.GET.get("ligne")):
        initial["target"] = f"ligne:{line}"
    form = ReceiptForm(request.POST or None, lines=_lines(request, funder), payment_orders=promises, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_receipt(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Virement enregistré.")
            return redirect("operator_funder", request.organisation.pk, funder.pk)
    return render(request, "funders/operator/receipt_form.html", {"form": form, "funder": funder})
