"""A code that somebody typed or scanned on a page of a space: verified before any database access, guesses counted."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from aptic.accounts.second_factor import last_proof
from passes import codes, guessing
from passes.codes import Code
from passes.errors import CodeUnknown, TooManyAttempts
from passes.guess_alert import tell_of_guesses

View = Callable[..., HttpResponse]


def read_code(request: HttpRequest, typed: str) -> Code:
    """The verified code of a real pass behind what was typed. Raises CodeUnknown, and TooManyAttempts."""
    code = genuine(request, typed)
    if code.is_training:
        raise CodeUnknown
    return code


def genuine(request: HttpRequest, typed: str) -> Code:
    """The code whose tag holds; a genuine one passes whatever was tried before. Raises CodeUnknown, TooManyAttempts.

    False ones are counted against the till's device, or the person, who starts anew by proving who they are again.
    """
    code = codes.parse(typed)
    if code is not None:
        return code
    till = getattr(request, "till", None)
    device_id = till.device_id if till else None
    guesser = getattr(request, "guesser", None) or str(request.user.pk)
    if guessing.is_blocked("device", guesser, proved_at=0 if device_id else last_proof(request)):
        raise TooManyAttempts(retry_after=guessing.DEVICE_PERIOD)
    if guessing.note_failure("device", guesser):
        tell_of_guesses(device_id=device_id)
    raise CodeUnknown


def not_stored(view: View) -> View:
    """Neither the browser nor a proxy keeps the page: what was typed on it may be a code."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return wrapped
