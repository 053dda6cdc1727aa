"""Open data for everybody: what it is, and the three files, streamed."""

from collections.abc import Callable, Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.models import Site
from actors.open_data import export
from aptic.spaces import public

FORMATS: dict[str, tuple[Callable[[], Iterator[str]], str]] = {
    "csv": (export.as_csv, "text/csv; charset=utf-8"),
    "json": (export.as_json, "application/json"),
    "geojson": (export.as_geojson, "application/geo+json"),
}


@require_safe
@public
def page(request: HttpRequest) -> HttpResponse:
    """What the files hold, in which schema, under which licence."""
    context = {"count": Site.objects.open_to_public().count()}
    return TemplateResponse(request, "actors/directory/open_data.html", context)


@require_safe
@public
def file(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """The open sites as CSV, JSON or GeoJSON; any page of the web may read them."""
    if extension not in FORMATS:
        raise Http404
    write, media_type = FORMATS[extension]
    pieces: Iterator[str] = iter(()) if request.method == "HEAD" else write()
    response = StreamingHttpResponse(pieces, content_type=media_type)
    name = f"lieux-de-mediation-numerique-{timezone.localdate().isoformat()}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    return response
