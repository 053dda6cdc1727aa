"""The product's addresses, and the two pages of `tests/reading/settings.py`."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from aptic.device_access import uses_camera
from aptic.spaces import public
from aptic.urls import handler404, handler500, urlpatterns  # noqa: F401 - Django looks for them


@uses_camera
@public
def counter(request: HttpRequest) -> HttpResponse:
    """Camera, scanner and field at once."""
    return TemplateResponse(request, "reading/counter.html")


@public
def bench(request: HttpRequest) -> HttpResponse:
    """The worker alone, given frames by the test."""
    return TemplateResponse(request, "reading/bench.html")


urlpatterns = [*urlpatterns, path("essai/guichet/", counter), path("essai/banc/", bench)]
