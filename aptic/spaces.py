"""The door of every page: who acts for which organisation under which hat, decided once, inside one transaction.

    @space(Hat.FUNDER, roles=(Role.MANAGER, Role.AGENT))
    def campaign_list(request, organisation): ...

The acting organisation stands in the URL, so two tabs cannot mix. A view outside of any space says `@public`.
`tests/test_consistency.py` refuses a URL whose view has neither mark.
"""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from aptic.accounts.models import Membership, Role
from aptic.accounts.second_factor import check_second_factor
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting

View = Callable[..., HttpResponse]


def space(hat: Hat, *, roles: Iterable[str] = (), second_factor: bool = False) -> Callable[[View], View]:
    """Let in members of the URL's organisation that wears `hat`; `roles` restricts further (empty: any but scanner).

    `second_factor` asks it of all of them, also of those who touch no money elsewhere.

    Sets `request.organisation`, `request.principal` and `request.membership`. Answers 404 to everybody else, so that
    an organisation's id reveals nothing, and 403 to a member whose role does not suffice.
    """
    allowed = frozenset(roles)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, organisation: uuid.UUID, *args: Any, **kwargs: Any) -> HttpResponse:
            membership = live_membership(request, organisation, hat)
            check_second_factor(request, membership, always=second_factor)
            if (allowed and membership.role not in allowed) or (not allowed and membership.role == Role.SCANNER):
                raise NotAllowed
            principal = Principal(
                hat=hat,
                organisation_id=organisation,
                person_id=request.user.pk,
                role=membership.role,
                request_id=uuid.uuid4(),
            )
            request.organisation = membership.organisation  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            return _answer(view, request, principal, *args, **kwargs)

        wrapped.door = "space"  # type: ignore[attr-defined]
        return wrapped

    return decorate


def live_membership(request: HttpRequest, organisation_id: uuid.UUID, hat: Hat) -> Membership:
    """The live membership of the person logged in, or Http404: an id that is not theirs does not exist."""
    with acting(Principal(person_id=request.user.pk)):
        membership = (
            Membership.objects.active()
            .select_related("organisation")
            .filter(user_id=request.user.pk, organisation_id=organisation_id, **{f"organisation__is_{hat.value}": True})
            .first()
        )
    if membership is None:
        raise Http404
    return membership


def public(view: View) -> View:
    """A page for everybody, log-in or not; it acts as nobody and sees public rows only."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _answer(view, request, Principal(hat=Hat.PUBLIC, request_id=uuid.uuid4()), *args, **kwargs)

    wrapped.door = "public"  # type: ignore[attr-defined]
    return login_not_required(wrapped)


def personal(view: View) -> View:
    """A page of the person logged in, before any organisation: choosing a space, the own account."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        principal = Principal(hat=Hat.PUBLIC, person_id=request.user.pk, request_id=uuid.uuid4())
        return _answer(view, request, principal, *args, **kwargs)

    wrapped.door = "personal"  # type: ignore[attr-defined]
    return wrapped


class KeptByNobody:
    """Middleware: pages of somebody logged in are not kept, unless their view says otherwise.

    On a shared desk "Back" shows nothing after a log-out. Those are what asks for a log-in, allauth's pages too, and a
    counter that a person opened; a paired device has no log-out, and keeps its page for when the network is away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, and mark the answer."""
        response, match = self.get_response(request), request.resolver_match
        acts_as = getattr(request, "principal", None)
        if (match and getattr(match.func, "login_required", True)) or (acts_as and acts_as.person_id):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _answer(view: View, request: HttpRequest, principal: Principal, *args: Any, **kwargs: Any) -> HttpResponse:
    """Call and render inside the transaction: a template that reads lazily still reads as the principal."""
    with acting(principal):
        request.principal = principal  # type: ignore[attr-defined]
        response = view(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
            response.render()
        return response
