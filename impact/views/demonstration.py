"""The tour of the eight steps, and the bar that changes role in one click. Both answer 404 outside a demonstration."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from aptic.accounts.second_factor import record_second_factor
from aptic.documents.qr import svg_data_uri
from aptic.spaces import public
from aptic.tenancy.demonstration import is_demonstration
from impact.demonstration import roles, tour_steps
from impact.demonstration.minting import mint_booklet

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BOOKLET = "demonstration_booklet"  # what the visitor was given; kept from role to role
View = Callable[..., HttpResponse]


def only_in_demonstration(view: View) -> View:
    """Answer 404 anywhere else: a role changed in one click would be a door without a lock."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_demonstration():
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@require_GET
@never_cache
@public
@only_in_demonstration
def tour(request: HttpRequest) -> HttpResponse:
    """« Suivre un euro en huit étapes »: each step opens the page where it happens, in the right role."""
    booklet = request.session.get(BOOKLET)
    squares = [{"text": text, "qr": svg_data_uri(text)} for text in (booklet or {}).get("squares", ())]
    context = {"steps": tour_steps.steps(), "booklet": booklet, "squares": squares}
    return TemplateResponse(request, "impact/tour.html", context)


@require_POST
@public
@only_in_demonstration
def take_booklet(request: HttpRequest) -> HttpResponse:
    """Give the visitor a booklet that the CCAS hands out now, to look at as a citizen and to use at the counter."""
    request.session[BOOKLET] = mint_booklet()
    return redirect(f"{reverse('demonstration')}#carnet")


@require_POST
@public
@only_in_demonstration
def change_role(request: HttpRequest) -> HttpResponse:
    """Become somebody of the demonstration, second factor given, and go to `next` or to their first page."""
    role = roles.ROLES.get(request.POST.get("role", ""))
    if role is None:
        raise Http404
    booklet = request.session.get(BOOKLET)
    if not role.email:
        logout(request)
        _keep(request, booklet)
        return redirect(_wanted(request) or roles.PUBLIC_HOME)
    membership = roles.membership_of(role)
    login(request, membership.user, backend=BACKEND)
    record_second_factor(request.session, membership.user, how="totp")
    request.session["demonstration_role"] = role.key
    _keep(request, booklet)
    return redirect(_wanted(request) or roles.home_of(role, membership))


def _keep(request: HttpRequest, booklet: dict[str, Any] | None) -> None:
    """Another person's session begins empty: the visitor is the same."""
    if booklet:
        request.session[BOOKLET] = booklet


def _wanted(request: HttpRequest) -> str:
    """The page asked for, when it is one of ours."""
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else ""
