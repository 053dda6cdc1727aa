"""Where the actor is paid: the account in force, the one that waits for approval, and proposing another."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from actors import bank_accounts
from actors.network_forms import BankAccountForm
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat

MONEY = (Role.MANAGER, Role.FINANCE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=MONEY)
def bank_account(request: HttpRequest) -> HttpResponse:
    """The account in force and the proposal, by holder and last four; the form that proposes."""
    form = BankAccountForm(request.POST or None, initial={"holder": request.organisation.name[:70]})
    if request.method == "POST" and form.is_valid():
        try:
            bank_accounts.propose_bank_account(actor=request.organisation, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Coordonnées enregistrées. L’opérateur doit maintenant les approuver.")
            return redirect("actor_bank_account", request.organisation.pk)
    context = {
        "form": form,
        "account": bank_accounts.in_force(request.organisation).first(),
        "proposal": bank_accounts.pending(request.organisation).first(),
    }
    return render(request, "actors/network/bank_account.html", context)


@require_POST
@space(Hat.ACTOR, roles=MONEY)
def bank_account_withdraw(request: HttpRequest) -> HttpResponse:
    """Give the waiting proposal up."""
    account = get_object_or_404(bank_accounts.pending(request.organisation))
    bank_accounts.withdraw_bank_account(account=account)
    messages.success(request, "Proposition retirée.")
    return redirect("actor_bank_account", request.organisation.pk)
