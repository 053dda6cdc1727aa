"""The door of an application's pages: no account, the session of whoever opened its signed link (or began it).

A renewal changes an actor that exists, the account it is paid on included: its link says which file and opens nothing.
It is read and changed by members of that actor, logged in, as in their space.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from actors.permissions import EDITS_SITES, HANDLES_BANK
from aptic.accounts.models import Membership
from aptic.accounts.second_factor import check_second_factor
from aptic.errors import NotAllowed
from aptic.spaces import live_membership, public
from aptic.tenancy.principal import Hat, Principal, acting, current
from qualification import link
from qualification.models import Application

SESSION = "applications"
MOST = 5  # applications that one browser remembers, the latest first

View = Callable[..., HttpResponseBase]


def remember(request: HttpRequest, application_id: uuid.UUID) -> None:
    """Let this browser reach an application until its session ends."""
    known = [each for each in request.session.get(SESSION, []) if each != str(application_id)]
    request.session[SESSION] = [str(application_id), *known][:MOST]


def by_link(view: View) -> View:
    """A page of one application: `view(request, application, …)`. Other browsers are asked for the link.

    The answer is never kept: what it shows is nobody else's.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, pk: uuid.UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if str(pk) not in request.session.get(SESSION, []):
            return redirect("application_find")
        link.show(pk)
        found = Application.objects.select_related("commune", "referential", "organisation")
        application = found.filter(pk=pk).first()
        if application is None:
            raise Http404
        if application.kind == Application.Kind.RENEWAL and not request.user.is_authenticated:
            asked = request.method in ("GET", "HEAD")
            return redirect_to_login(request.get_full_path() if asked else reverse("application_page", args=[pk]))
        membership = _check_member(request, application)
        request.membership = membership  # type: ignore[attr-defined]
        with acting(_as_member(membership) if membership else current()):
            response = view(request, application, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return public(wrapped)  # type: ignore[arg-type]


def may_give_account(request: HttpRequest) -> bool:
    """Whether this visitor says where to be paid: for an actor that exists, whoever handles its bank account."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    return membership is None or membership.role in HANDLES_BANK


def _as_member(membership: Membership) -> Principal:
    """Whoever renews acts as in the actor's space: the trail names the person, and each verb sees the role."""
    return replace(
        current(),
        hat=Hat.ACTOR,
        organisation_id=membership.organisation_id,
        person_id=membership.user_id,
        role=membership.role,
    )


def _check_member(request: HttpRequest, application: Application) -> Membership | None:
    """Who renews, as which member of the actor; None for a first application, whose link is enough.

    Raises Http404, SecondFactorMissing and NotAllowed, as the actor's space does.
    """
    if application.kind != Application.Kind.RENEWAL:
        return None
    assert application.organisation_id is not None  # application_renewal_is_actors
    membership = live_membership(request, application.organisation_id, Hat.ACTOR)
    check_second_factor(request, membership)
    if membership.role not in EDITS_SITES:
        raise NotAllowed
    return membership
