"""The door of an application's pages: no account, the session of whoever opened its signed link (or began it)."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from aptic.spaces import public
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
        response = view(request, application, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return public(wrapped)  # type: ignore[arg-type]
