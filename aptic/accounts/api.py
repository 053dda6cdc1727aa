"""Bearer tokens for REST: who a token stands for, what it may do, and views that act as its organisation.

class Batches(PrincipalAPIView, ListAPIView):
    permission_classes = [HasScope("batches:read")]
"""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aptic.accounts import tokens
from aptic.accounts.throttle import WINDOW, client_address, too_many_failures
from aptic.tenancy.principal import Hat, Principal, acting


@dataclass(frozen=True, slots=True)
class KeyUser:
    """What `request.user` is when a program asks: a principal and its scopes, no person."""

    id: uuid.UUID
    principal: Principal
    scopes: frozenset[str] = field(default_factory=frozenset)
    is_authenticated: bool = True
    is_active: bool = True

    @property
    def pk(self) -> uuid.UUID:
        """The key's or device's id."""
        return self.id


Entrance = Callable[[bytes], KeyUser | None]
_entrances: dict[str, Entrance] = {}


def register_entrance(prefix: str, entrance: Entrance) -> None:
    """Let tokens that start with `prefix` in by `entrance`, which gets the token's digest (None: refused)."""
    _entrances[prefix] = entrance


def enter_api_key(digest: bytes) -> KeyUser | None:
    """The live API key with this digest. Runs before any principal is known, by a function that sees one row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, organisation_id, hat, scopes FROM aptic_enter_api_key(%s)", [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    key_id, organisation_id, hat, scopes = row
    principal = Principal(hat=Hat(hat), organisation_id=organisation_id, request_id=uuid.uuid4())
    return KeyUser(key_id, principal, frozenset(scopes))


register_entrance(tokens.API_KEY, enter_api_key)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. A good token always passes; only failures are counted, by address."""

    def authenticate(self, request: Request) -> tuple[KeyUser, None] | None:
        """None without a header. Raises AuthenticationFailed (401) and Throttled (429)."""
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        user = _enter(token.strip()) if scheme.lower() == b"bearer" else None
        if user is not None:
            return user, None
        if too_many_failures("token", client_address(request)):
            raise Throttled(wait=WINDOW)
        raise AuthenticationFailed("Jeton inconnu, expiré ou révoqué.")

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="api"'


def _enter(token: bytes) -> KeyUser | None:
    try:
        text = token.decode("ascii")
    except UnicodeDecodeError:
        return None
    for prefix, entrance in _entrances.items():
        if text.startswith(prefix):
            return entrance(tokens.digest(text))
    return None


class HasScope(BasePermission):
    """Permission `HasScope("batches:read")`: the token carries this scope."""

    message = "Cette clé n’a pas le droit demandé."

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self) -> "HasScope":
        """DRF makes its permissions by calling them; this one is made already."""
        return self

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True when the token carries the scope."""
        return self.scope in getattr(request.user, "scopes", ())


class PrincipalAPIView(APIView):
    """A view whose handler and rendering run inside `acting(request.user.principal)`; an error rolls it back."""

    authentication_classes = [BearerAuthentication]
    _acts = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Authenticate first, as nobody; then act, handle and render in one transaction."""
        with ExitStack() as self._block:
            response = super().dispatch(request, *args, **kwargs)
            return response.render()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Enter the principal's transaction once the token and its scopes are checked; instants leave in UTC."""
        super().initial(request, *args, **kwargs)
        self._block.enter_context(timezone.override(UTC))
        self._block.enter_context(acting(request.user.principal))
        self._acts = True

    def handle_exception(self, exc: Exception) -> Response:
        """Answer as usual, and keep nothing of what the handler wrote."""
        response = super().handle_exception(exc)
        if self._acts:
            transaction.set_rollback(True)
        return response
