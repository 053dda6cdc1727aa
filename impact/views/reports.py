"""The report of one campaign: page, CSV and PDF, from the same figures."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from aptic.documents.models import Document
from aptic.jobs import services as jobs
from aptic.jobs.following import back_to, followed
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Campaign
from impact import reporting
from impact.tasks import REPORT


@require_GET
@space(Hat.FUNDER)
def report(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """One campaign: issued, handed out, started, used, paid, expired; by service, territory and month."""
    chosen = _campaign(request, campaign)
    gathered = reporting.gather(chosen)
    trace = reverse("funder_trace", args=[request.organisation.pk, "campaign", str(chosen.pk)])
    context = {
        "campaign": chosen,
        "report": gathered,
        "steps": gathered.steps,
        "plots": gathered.plots(trace),
        "trace": trace,
        "job": followed(request, REPORT, campaign=chosen.pk),
        "documents": Document.objects.visible_to(request.principal)
        .stored()
        .filter(kind=REPORT, owner_id=chosen.funder_id, title__startswith=reporting.title_of(chosen))
        .order_by("-created_at", "pk")[:5],
    }
    return TemplateResponse(request, "impact/report.html", context)


@require_GET
@space(Hat.FUNDER)
def report_csv(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """The same figures as lines."""
    chosen = _campaign(request, campaign)
    content = reporting.as_csv(reporting.gather(chosen))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    name = f"rapport-{slugify(chosen.name)}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@space(Hat.FUNDER)
def report_pdf(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """A worker lays the report out and keeps it among the documents; the page shows the progress."""
    chosen = _campaign(request, campaign)
    job = jobs.start(kind=REPORT, params={"campaign": str(chosen.pk)}, title=reporting.title_of(chosen))
    return back_to(job, "funder_report", request.organisation.pk, chosen.pk)


def _campaign(request: HttpRequest, pk: uuid.UUID) -> Campaign:
    return get_object_or_404(Campaign.objects.visible_to(request.principal), pk=pk)
