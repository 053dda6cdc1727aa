"""Bank statements in the operator's space: one person copies the balance, another confirms it against the paper."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.ledger import bank
from aptic.ledger.models import BankBalance
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.forms import BankBalanceForm

MONEY = (Role.MANAGER, Role.FINANCE)
PER_PAGE = 50


@space(Hat.OPERATOR)
def bank_balance_list(request: HttpRequest) -> HttpResponse:
    """Statements, those to confirm first on their own."""
    statements = BankBalance.objects.visible_to(request.principal).select_related("purse__funder")
    context = {
        "waiting": statements.filter(confirmed_at=None),
        "page_obj": Paginator(statements.exclude(confirmed_at=None), PER_PAGE).get_page(request.GET.get("page")),
        "may_record": request.principal.role in MONEY,
    }
    return render(request, "funders/operator/bank_balances.html", context)


@space(Hat.OPERATOR, roles=MONEY)
def bank_balance_create(request: HttpRequest) -> HttpResponse:
    """Copy a balance from the bank's paper."""
    form = BankBalanceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        data["as_of"] = data.pop("day")
        try:
            bank.enter_bank_balance(**data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Relevé enregistré. Une autre personne doit maintenant le confirmer.")
            return redirect("operator_bank_balances", request.organisation.pk)
    return render(request, "funders/operator/bank_balance_form.html", {"form": form})


@space(Hat.OPERATOR, roles=MONEY)
def bank_balance_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The bank's figure beside our own; confirm or set aside."""
    statements = BankBalance.objects.visible_to(request.principal)
    statement = get_object_or_404(statements.select_related("purse__funder"), pk=pk)
    if request.method == "POST":
        if "discard" in request.POST:
            bank.discard_bank_balance(bank_balance=statement)
            messages.success(request, "Relevé écarté.")
        else:
            bank.confirm_bank_balance(bank_balance=statement)
            messages.success(request, "Relevé confirmé : la preuve de cette nuit comptera avec lui.")
        return redirect("operator_bank_balances", request.organisation.pk)
    booked = bank.booked_cents(purse=statement.purse, as_of=statement.as_of)
    context = {
        "statement": statement,
        "booked": booked,
        "difference": statement.balance_cents - booked,
        "own": statement.entered_by == request.principal.person_id,
    }
    return render(request, "funders/operator/bank_balance.html", context)
