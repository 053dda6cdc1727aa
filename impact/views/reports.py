"""The report of one campaign: page and CSV, from the same figures."""

import csv
import io
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Campaign
from impact import figures, presenting


@require_GET
@space(Hat.FUNDER)
def report(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """One campaign: issued, handed out, started, used, paid, expired; by service, territory and month."""
    chosen = _campaign(request, campaign)
    content = _content(chosen)
    context = {"campaign": chosen, "plots": _plots(content)} | content
    return TemplateResponse(request, "impact/report.html", context)


@require_GET
@space(Hat.FUNDER)
def report_csv(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """The same figures as lines: section, name, passes, euros."""
    chosen = _campaign(request, campaign)
    content = _content(chosen)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["rubrique", "libellé", "pass", "centimes"])
    for label, passes, cents in content["steps"]:
        writer.writerow(["étape", label, passes, cents])
    for section in ("service", "territory", "month"):
        for name, passes, cents in content[f"by_{section}"]:
            writer.writerow(
                [{"service": "service", "territory": "commune", "month": "mois"}[section], _plain(name), passes, cents]
            )
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rapport.csv"'
    return response


def _campaign(request: HttpRequest, pk: uuid.UUID) -> Campaign:
    return get_object_or_404(Campaign.objects.visible_to(request.principal), pk=pk)  # type: ignore[attr-defined]


def _content(campaign: Campaign) -> dict[str, Any]:
    usage = figures.usage(campaign_id=campaign.pk, funder_id=campaign.funder_id)
    delay, booklets = figures.delay_to_first_use(campaign.pk)
    return {
        "steps": presenting.steps(usage),
        "started": usage.started,
        "delay": delay,
        "delay_booklets": booklets,
        "by_service": figures.used_by("service", campaign.pk),
        "by_territory": figures.used_by("territory", campaign.pk),
        "by_month": figures.used_by_month(campaign.pk),
    }


def _plots(content: dict[str, Any]) -> list[Any]:
    plots = (
        presenting.months_plot(content["by_month"]),
        presenting.rows_plot("Par service", content["by_service"], "Service"),
        presenting.rows_plot("Par commune du lieu", content["by_territory"], "Commune"),
    )
    return [plot for plot in plots if plot]


def _plain(text: str) -> str:
    """A spreadsheet must not read a name as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
