"""Work of the impact room that nobody waits for at a page: the public counters, the PDF of a report."""

from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from aptic.documents import services as documents
from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from aptic.tenancy.principal import as_system
from funders.models import Campaign
from impact import reporting
from impact.publishing import publish

REPORT = "campaign_report"


@shared_task(name="impact.tasks.publish_counters")
def publish_counters() -> int:
    """Publish the public counters; returns the publication's number."""
    with as_system():
        return publish().pk


@job(REPORT, queue="impact")
def write_report(run: JobRun) -> dict[str, Any]:
    """Count, lay out, keep. A second attempt after a crash finds the document that the first one kept."""
    if stored := run.state.get("document"):
        return _done(stored)
    run.step(0, 2, "Comptage des pass")
    with run.acting() as principal:
        campaign = Campaign.objects.visible_to(principal).get(pk=run.params["campaign"])
        report = reporting.gather(campaign)
    run.step(1, 2, "Mise en page")
    content = reporting.as_pdf(report, scheme=settings.SCHEME_NAME)
    with run.acting():
        document = documents.store(
            kind=REPORT,
            title=reporting.title(report),
            filename=reporting.filename(report),
            media_type="application/pdf",
            content=content,
            owner_id=campaign.funder_id,
        )
        run.save_state(document=str(document.pk))
        run.step(2, 2, "Rapport prêt")
    return _done(str(document.pk))


def _done(document: str) -> dict[str, Any]:
    return {"url": reverse("document", args=[document]), "label": "Télécharger le rapport"}
