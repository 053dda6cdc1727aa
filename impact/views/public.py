"""Public counters: figures anybody can add up."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from aptic.spaces import public
from impact.publishing import latest


@require_GET
@public
def transparency(request: HttpRequest) -> HttpResponse:
    """What was funded, issued, handed out, used, paid, expired; and whether the books agree."""
    return TemplateResponse(request, "impact/transparency.html", {"publication": latest()})
