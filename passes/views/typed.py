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
    """The verified code behind what was typed. Raises CodeUnknown, and TooManyAttempts after too many false ones."""
    who = str(request.user.pk)
    if guessing.is_blocked("device", who):
        raise TooManyAttempts(retry_after=guessing.DEVICE_PERIOD)
    code = codes.parse(typed)
    if code is None or code.is_training:
        guessing.note_failure("device", who)
        raise CodeUnknown
    return code


def not_stored(view: View) -> View:
    """Neither the browser nor a proxy keeps the page: what was typed on it may be a code."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return wrapped
