"""Which pages may ask for the camera: those that say so, and no other, whatever script came to run there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

HEADER = "Permissions-Policy"
NOTHING = "camera=(), geolocation=(), microphone=()"
CAMERA = "camera=(self), geolocation=(), microphone=()"
View = Callable[..., HttpResponse]


def uses_camera(view: View) -> View:
    """The page of this view reads squares."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response[HEADER] = CAMERA
        return response

    return wrapped


class DeviceAccess:
    """Middleware: nothing of the device is open, unless the view said otherwise."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the header that closes."""
        response = self.get_response(request)
        response.headers.setdefault(HEADER, NOTHING)
        return response
