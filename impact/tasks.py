"""Work of the impact room that nobody waits for at a page: the public counters, the PDF of a report."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from actors.permissions import DECIDES
from aptic.documents import services as documents
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from aptic.locks import Lock, wait_lock
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from aptic.territories.models import Commune
from funders.models import Campaign
from impact import coverage, ratio, reporting
from impact.publishing import publish

REPORT = "campaign_report"
TERRITORIES = "territories"
STEPS = (
    "Distance de chaque commune aux lieux",
    "Ratio des acteurs",
    "Ratio des territoires",
    "Couverture des territoires",
)


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


@shared_task(name="impact.tasks.measure_territories_nightly")
def measure_territories_nightly() -> str:
    """Start the night's computation, as the operator's machinery; returns the job's id."""
    with acting(Principal(hat=Hat.OPERATOR)):
        return str(measure_again().pk)


@transaction.atomic
def measure_again() -> Job:
    """Start computing every ratio and every coverage again; the one under way, if there is one."""
    wait_lock(Lock.MEASURE)
    live = Job.objects.live().filter(kind=TERRITORIES).first()
    return live or jobs.start(kind=TERRITORIES, params={}, title="Ratio et couverture des territoires")


@job(TERRITORIES, queue="impact", roles=DECIDES)
def measure_territories(run: JobRun) -> dict[str, Any]:
    """Communes by chunks, then actors, then territories: each step is committed, and a second attempt goes on."""
    if "at" not in run.state:
        run.save_state(at=timezone.now().isoformat(), after="", done=0)
    at = datetime.fromisoformat(run.state["at"])
    total = _measure_communes(run, at)
    with run.acting():
        run.step(total, total + 3, STEPS[1])
        counted = ratio.count(at)
        ratio.write_actors(counted)
    with run.acting():
        run.step(total + 1, total + 3, STEPS[2])
        ratio.write_territories(counted)
    with run.acting():
        run.step(total + 2, total + 3, STEPS[3])
        measured = coverage.measure_territories(at=at)
        run.step(total + 3, total + 3, STEPS[3])  # the bar stays on the page: it ends full
    return {"territories": measured}


def _measure_communes(run: JobRun, at: datetime) -> int:
    """From the commune where the last attempt stopped; returns how many there are."""
    with run.acting():
        total = Commune.objects.count()
        places = coverage.places_of_help()
    while True:
        with run.acting():
            last, many = coverage.measure_chunk(places, after=run.state["after"], at=at)
            done = run.state["done"] + many
            run.save_state(after=last, done=done)
            run.step(min(done, total), total + 3, STEPS[0])
        if not many:
            return total
