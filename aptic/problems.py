"""How a refusal of the domain reaches the outside: a page in plain French, or a problem document (RFC 9457)."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.views import csrf, defaults
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from aptic.errors import DomainError

logger = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, RedisError)
RETRY_AFTER = "2"  # seconds
# So psycopg refuses a text with a zero byte: nobody types one, programs that probe send them.
NUL = "cannot contain NUL"
MEDIA_TYPE = "application/problem+json"
TITLES = {400: "Requête incorrecte", 401: "Jeton manquant ou invalide", 403: "Accès refusé", 404: "Introuvable",
          405: "Méthode non autorisée", 406: "Réponse impossible dans ce format",
          415: "Format non pris en charge", 429: "Trop de demandes"}  # fmt: skip


def problem(
    *, status: int, code: str, title: str, detail: str = "", headers: dict[str, str] | None = None, **more: Any
) -> JsonResponse:
    """A problem document: `type` is about:blank, `code` is ours and stable."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title, **more}
    if detail:
        body["detail"] = detail
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error leaves as a problem document."""
    if isinstance(exc, DomainError):
        set_rollback()
        body = {"type": "about:blank", "status": exc.status, "code": exc.code, "title": exc.text, **exc.details}
        if exc.next_step:
            body["detail"] = exc.next_step
        return Response(body, status=exc.status, content_type=MEDIA_TYPE)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    code = "invalid" if isinstance(exc, exceptions.ValidationError) else exc.default_code
    body = {
        "type": "about:blank",
        "status": exc.status_code,
        "code": code,
        "title": TITLES.get(exc.status_code, "Erreur"),
    }
    if isinstance(exc, exceptions.ValidationError):
        body["errors"] = exc.detail
    else:
        body["detail"] = str(exc.detail)
    headers = {}
    if exc.status_code == 401 and getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return Response(body, status=exc.status_code, content_type=MEDIA_TYPE, headers=headers)


def method_not_allowed(*methods: str) -> JsonResponse:
    """The refusal of a plain view that takes `methods` only."""
    headers = {"Allow": ", ".join(methods)}
    return problem(status=405, code="method_not_allowed", title=TITLES[405], headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django itself could not read."""
    if _is_api(request):
        return problem(status=400, code="invalid", title=TITLES[400])
    return defaults.bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or a program that writes to an address that only answers."""
    if _is_api(request):
        return problem(status=403, code="permission_denied", title=TITLES[403])
    return csrf.csrf_failure(request, reason=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere, or to what this caller may not see."""
    if _is_api(request):
        return problem(status=404, code="not_found", title=TITLES[404])
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect of ours, or what is away, also where middlewares read the session: the same id may be sent again."""
    if isinstance(sys.exc_info()[1], AWAY):
        return _away(request)
    if _is_api(request):
        return problem(
            status=500, code="server_error", title="Erreur de notre côté",
            detail="Rien n’a été enregistré. Réessayez avec le même identifiant.",
        )  # fmt: skip
    return defaults.server_error(request)


def _away(request: HttpRequest) -> HttpResponse:
    """The database or Valkey does not answer: nothing was kept, and the same request may be sent again."""
    logger.warning("away: %s", sys.exc_info()[1])
    wait = {"Retry-After": RETRY_AFTER}
    if _is_api(request):
        return problem(
            status=503,
            code="unavailable",
            title="Service momentanément indisponible",
            detail="Réessayez avec le même identifiant.",
            headers=wait,
        )
    return HttpResponse(loader.get_template("503.html").render(), status=503, headers=wait)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class DomainErrors:
    """Middleware: a refusal that no view caught becomes a page (or a problem under /api/), never a traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a refusal, a text that no database keeps, or a database that is away."""
        if isinstance(error, DomainError):
            if target := getattr(error, "redirect_to", None):
                return redirect(target)
            if _is_api(request):
                return problem(status=error.status, code=error.code, title=error.text, detail=error.next_step)
            return render(request, "refused.html", {"error": error}, status=error.status)
        if isinstance(error, DataError) and NUL in str(error):
            return bad_request(request, error)
        return _away(request) if isinstance(error, AWAY) else None
