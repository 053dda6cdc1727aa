"""Applying, for anybody: no account, no JavaScript, one page of questions and one that says what happens next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aptic.accounts.throttle import client_address, too_many_failures
from aptic.errors import DomainError
from aptic.spaces import public
from qualification import services
from qualification.forms import ApplicationForm

PER_HOUR = 20  # tries from one address, since each may send an e-mail
HOUR = 3600
TOO_MANY = (
    "Trop de candidatures depuis cette connexion. Gardez cette page ouverte et réessayez dans une heure : "
    "ce que vous avez écrit y reste."
)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def application(request: HttpRequest) -> HttpResponse:
    """The form; what is wrong is said beside its question."""
    form, status = ApplicationForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        if too_many_failures("application", client_address(request), limit=PER_HOUR, window=HOUR):
            form.add_error(None, TOO_MANY)
            status = 429
        else:
            try:
                services.apply(**form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
            else:
                return redirect("application_received")
    return render(request, "qualification/public/application.html", {"form": form}, status=status)


@require_safe
@public
def application_received(request: HttpRequest) -> HttpResponse:
    """What happens next. It names nobody: whoever opens the address reads the same."""
    return render(request, "qualification/public/received.html")
