"""The floor of a page: a bare Django view that reads a session, counts, and shows 25 rows in a template of ten lines.

What it costs is what no page of a list can go below by much; the pages' figures are read as ratios to it.
"""

from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

from aptic.tenancy.models import Organisation

SHOWN = Template(
    "<!doctype html><title>{{ many }}</title><table>{% for row in rows %}<tr><td>{{ row.name }}<td>{{ row.siret }}"
    "<td>{{ row.address }}<td>{{ row.created_at }}{% endfor %}</table>"
)


def show(request: HttpRequest) -> HttpResponse:
    """One page of organisations by name."""
    Session.objects.filter(pk="nobody").first()
    page = int(request.GET.get("page", "1"))
    found = Organisation.objects.order_by("search_key", "id")
    rows = found[(page - 1) * 25 : page * 25]
    return HttpResponse(SHOWN.render(Context({"many": found.count(), "rows": list(rows)})))


urlpatterns = [path("", show)]
