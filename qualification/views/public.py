"""Beginning an application and finding it again, for anybody: no account, no JavaScript."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aptic.accounts.throttle import client_address, too_many_failures
from aptic.errors import DomainError
from aptic.spaces import public
from qualification import candidacy, link, standing
from qualification.candidacy_forms import BeginForm, FindForm
from qualification.views.by_link import remember

PER_HOUR = 20  # tries from one address, since each may send an e-mail
HOUR = 3600
TOO_MANY = (
    "Trop de demandes depuis cette connexion. Gardez cette page ouverte et réessayez dans une heure : "
    "ce que vous avez écrit y reste."
)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def application(request: HttpRequest) -> HttpResponse:
    """What it takes, then the four answers with which a file is begun; its link leaves by e-mail at once."""
    form, status = BeginForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        if too_many_failures("application", client_address(request), limit=PER_HOUR, window=HOUR):
            form.add_error(None, TOO_MANY)
            status = 429
        else:
            try:
                begun = candidacy.begin(**form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
            else:
                remember(request, begun.pk)
                return redirect("application_page", begun.pk)
    context = {"form": form, "delay": standing.usual_delay(), "years": settings.QUALIFICATION_YEARS}
    return render(request, "qualification/public/application.html", context, status=status)


@require_safe
@public
def application_link(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a letter: remembered, then left behind, so that no address bar keeps it."""
    found = link.read(token)
    if found is None:
        return render(
            request, "qualification/public/find.html", {"form": FindForm(), "stale": True, "sent": False}, status=404
        )
    remember(request, found)
    return redirect("application_page", found)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def application_find(request: HttpRequest) -> HttpResponse:
    """Ask for the links of one's applications again. The answer is the same whether there are any."""
    form, sent, status = FindForm(request.POST or None), False, 200
    if request.method == "POST" and form.is_valid():
        if too_many_failures("application-find", client_address(request), limit=PER_HOUR, window=HOUR):
            form.add_error(None, TOO_MANY)
            status = 429
        else:
            candidacy.find_by_address(form.cleaned_data["email"])
            sent = True
    context = {"form": form, "stale": False, "sent": sent}
    return render(request, "qualification/public/find.html", context, status=status)
