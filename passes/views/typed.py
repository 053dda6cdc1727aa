"""A code that somebody typed or scanned on a page of a space: verified before any database access, guesses counted."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from passes import codes, guessing
from passes.codes import Code
from passes.errors import CodeUnknown, TooManyAttempts

View = Callable[..., HttpResponse]


def read_code(request: HttpRequest, typed: str) -> Code:
    """The verified code of a real pass behind what was typed. Raises CodeUnknown, and TooManyAttempts."""
    code = genuine(typed, guesser=str(request.user.pk))
    if code.is_training:
        raise CodeUnknown
    return code


def genuine(typed: str, *, guesser: str) -> Code:
    """The code whose tag holds; a genuine one passes whatever was tried before. Raises CodeUnknown, TooManyAttempts."""
    code = codes.parse(typed)
    if code is not None:
        return code
    if guessing.is_blocked("device", guesser):
        raise TooManyAttempts(retry_after=guessing.DEVICE_PERIOD)
    guessing.note_failure("device", guesser)
    raise CodeUnknown


def not_stored(view: View) -> View:
    """Neither the browser nor a proxy keeps the page: what was typed on it may be a code."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return wrapped
