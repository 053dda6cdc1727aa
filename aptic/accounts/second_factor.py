"""The second factor of a session: whether it was given, and where to send who has not given it.

What counts is the proof made in *this* session: a session opened before the person enrolled must prove it too.
"""

import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from aptic.accounts import rules
from aptic.accounts.errors import SecondFactorMissing
from aptic.accounts.models import Membership, User

_OWNER_KEY = "account_authentication_methods_user"


def has_second_factor(request: HttpRequest) -> bool:
    """True when this session proved an authenticator: a code, or a passkey."""
    if not request.user.is_authenticated:
        return False
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def check_second_factor(request: HttpRequest, membership: Membership, *, always: bool = False) -> None:
    """Raise SecondFactorMissing (with `redirect_to`) when this membership needs a proof that the session lacks.

    `always`: what is asked for is worth money by itself, whoever takes it.
    """
    if not always and not rules.second_factor_required(membership.role, membership.organisation.hats):
        return
    if not has_second_factor(request):
        raise SecondFactorMissing(next_url=request.get_full_path() if request.method == "GET" else "/espace/")


def last_proof(request: HttpRequest) -> float:
    """When this session last proved who the person is (log-in, second factor, password asked again), in seconds."""
    if not request.user.is_authenticated:
        return 0
    return max((float(record.get("at", 0)) for record in get_authentication_records(request, request.user)), default=0)


def record_second_factor(session: Any, user: User, *, how: str) -> None:
    """Write that `user` proved a second factor by `how`, for a log-in that does not pass through allauth's pages."""
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY, []) if session.get(_OWNER_KEY) == str(user.pk) else []
    session[_OWNER_KEY] = str(user.pk)
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [*records, {"method": "mfa", "type": how, "at": time.time()}]


def enrolled(user: User) -> set[str]:
    """The kinds of authenticator that `user` has: "totp", "webauthn"."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return set(Authenticator.objects.filter(user=user, type__in=kinds).order_by("type").values_list("type", flat=True))
