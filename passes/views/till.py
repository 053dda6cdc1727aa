"""The door of the counter: a paired device, or a person who may stand at the site named in the address.

    @at_till
    def counter(request, place): ...

A device is known by the cookie of its pairing and sees its own site only; it needs no log-in. Everybody else logs in
and passes by a membership of the site's actor. Both leave `request.till`, `request.principal` (standing at the site)
and `request.guesser`, whose false codes are counted.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import reverse

from actors.models import Site
from aptic.accounts import tokens
from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.models import Role
from aptic.device_access import uses_camera
from aptic.spaces import space
from aptic.tenancy.principal import Hat, Principal, acting
from passes import redemption
from passes.errors import CoverShown, TrainingCode
from passes.redemption import Till
from passes.refusals import EXPLANATIONS

View = Callable[..., HttpResponse]
# Where the shared states send. Training has its own addresses; in a session they bear its id.
ADDRESSES = {"look": "counter", "take": "counter_confirm"}
IN_SESSION = {"look": "counter_session", "take": "counter_session_take"}
NOT_HERE = {"cover": CoverShown(), "training": TrainingCode()}
AT_THE_COUNTER = (Role.MANAGER, Role.AGENT, Role.SCANNER)


def device_of(request: HttpRequest) -> bytes | None:
    """The digest of the device's token that the browser holds, live or not."""
    token = request.COOKIES.get(DEVICE_COOKIE)
    return tokens.digest(token) if token else None


def at_till(view: View) -> View:
    """Let in the site's own devices, and the people who may redeem there; call `view(request, place, …)`.

    404 for another site than one's own; the log-in page for somebody unknown; a device that was stopped is told so.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, organisation: uuid.UUID, site: uuid.UUID, *args: Any, **kwargs: Any) -> Any:
        digest = device_of(request)
        if digest is not None:
            response = _as_device(view, request, digest, site, *args, **kwargs)
            if response is not None:
                return response
        if request.user.is_authenticated:
            return _as_person(request, organisation, site, *args, **kwargs)
        if digest is not None:
            return TemplateResponse(request, "passes/counter/stopped.html", status=403).render()
        return redirect_to_login(request.get_full_path())

    _as_person = space(Hat.ACTOR, roles=AT_THE_COUNTER)(_by_membership(view))
    wrapped.door = "till"  # type: ignore[attr-defined]
    return login_not_required(uses_camera(wrapped))


def _as_device(view: View, request: HttpRequest, digest: bytes, site: uuid.UUID, *args: Any, **kwargs: Any) -> Any:
    """The view's answer for the device that holds the token; None when no live one does."""
    with transaction.atomic():
        till = redemption.enter_device(digest, [])
        if till is None:
            return None
        place = Site.objects.select_related("commune", "actor").get(pk=till.site_id)
        principal = Principal(
            hat=Hat.ACTOR, organisation_id=till.actor_id, site_id=till.site_id, request_id=uuid.uuid4()
        )
        with acting(principal):
            if place.pk != site:
                raise Http404
            request.organisation, request.membership = place.actor, None  # type: ignore[attr-defined]
            return _serve(view, request, place, till, digest.hex(), principal, *args, **kwargs)


def _by_membership(view: View) -> View:
    """The same view for a member of the actor, whom `space` has let in."""

    @wraps(view)
    def inner(request: HttpRequest, site: uuid.UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        places = Site.objects.worked_by(request.membership).select_related("commune", "actor")  # type: ignore[attr-defined]
        place = places.filter(pk=site).first()
        if place is None:
            raise Http404
        principal = request.principal.at_site(place.pk)  # type: ignore[attr-defined]
        till = Till(site_id=place.pk, actor_id=place.actor_id, person_id=request.user.pk)
        with acting(principal):
            return _serve(view, request, place, till, str(request.user.pk), principal, *args, **kwargs)

    return inner


def _serve(
    view: View, request: HttpRequest, place: Site, till: Till, guesser: str, principal: Principal, *args: Any,
    **kwargs: Any,
) -> HttpResponse:  # fmt: skip
    request.till, request.guesser, request.principal = till, guesser, principal  # type: ignore[attr-defined]
    # A person at a device that was stopped: what it took before is still handed in from their page.
    request.was_stopped = till.device_id is None and device_of(request) is not None  # type: ignore[attr-defined]
    response = view(request, place, *args, **kwargs)
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        response.render()
    return response


def counter_page(
    request: HttpRequest, template: str, place: Site, context: dict[str, Any] | None = None, *, status: int = 200
) -> TemplateResponse:
    """One state of the counter: a whole page, or its middle alone for the script that asked for it.

    Of a request that `passes.views.counter.sessions` has placed in a session, every state stays in it.
    """
    frame = "passes/counter/part.html" if request.htmx else "passes/counter/base.html"  # type: ignore[attr-defined]
    session = getattr(request, "held_session", None)
    words = {"refusals": EXPLANATIONS, "not_here": NOT_HERE}
    around = {"site": place, "frame": frame, **words, "address": ADDRESSES, "training": False}
    values: dict[str, Any] = around | (
        {"address": IN_SESSION, "held_session": session, "section": "sessions"} if session else {}
    )
    values |= context or {}
    where = [place.actor_id, place.pk, *([session.pk] if session else [])]
    values["look_url"], values["take_url"] = (reverse(values["address"][name], args=where) for name in ("look", "take"))
    return TemplateResponse(request, template, values, status=status)
