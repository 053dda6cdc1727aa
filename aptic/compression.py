"""Pages that travel compressed: views that are asked for by their address and repeat nothing of what came with it.

Whoever sees how long compressed answers are can guess a secret in them letter by letter, if they also choose a part of
them (BREACH). So no answer to a form is compressed, and no page that repeats its query. Django masks its CSRF token
anew in each page and adds a random length besides.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page

View = Callable[..., HttpResponse]


def compressed(view: View) -> View:
    """Compress what `view` answers to a GET, for a browser that reads it."""
    squeezed = gzip_page(view)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (squeezed if request.method == "GET" else view)(request, *args, **kwargs)

    return wrapped
