"""What the law and honesty ask to say: who runs this, what is kept about people, how accessible it is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from aptic.spaces import public
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat


def _operator() -> Organisation | None:
    return Organisation.objects.with_hat(Hat.OPERATOR).select_related("commune").first()


@require_safe
@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """What works for whom, what was checked and how, whom to tell."""
    return TemplateResponse(request, "public/accessibility.html", {"operator": _operator()})


@require_safe
@public
def legal(request: HttpRequest) -> HttpResponse:
    """The operator, the host, and the data about people."""
    context = {"operator": _operator(), "host": settings.PUBLIC_URL, "hosted_by": settings.HOSTED_BY}
    return TemplateResponse(request, "public/legal.html", context)
