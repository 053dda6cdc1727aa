"""The report of an operation: the page, the lines and the PDF say the same, to its funder alone."""

import csv
import io
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.jobs.models import Job
from aptic.jobs.running import run
from aptic.tenancy.principal import acting
from impact import presenting, reporting
from impact.figures import Delay
from tests.factories import make_campaign, make_funder


def address(name, member, campaign):
    return reverse(name, args=[member.organisation.pk, campaign.pk])


def gathered(world):
    with acting(world.south.principal):
        return reporting.gather(world.running)


def test_the_page_says_each_step_and_leads_to_its_money(world, django_assert_max_num_queries):
    client = world.south.log_in(Client())
    with django_assert_max_num_queries(22):
        body = client.get(address("funder_report", world.south, world.running)).content.decode()
    for words in ("60", "40", "11", "Carnets", "carnets entamés", "Pass utilisés par mois", "Pass remis par mois"):
        assert words in body
    assert reverse("funder_trace", args=[world.south.organisation.pk, "campaign", str(world.running.pk)]) in body


def test_the_lines_add_up_to_the_page(world):
    answer = world.south.log_in(Client()).get(address("funder_report_csv", world.south, world.running))
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    report = gathered(world)
    steps = {name: int(count) for section, name, count, _ in rows[1:] if section == "Étape (pass)"}
    assert steps == {step.name: step.passes for step in report.steps}
    for section in ("Service", "Commune du lieu", "Mois d’utilisation"):
        mine = [row for row in rows if row[0] == section]
        assert sum(int(row[2]) for row in mine) == report.usage.used
        assert sum(round(float(row[3].replace(",", ".")) * 100) for row in mine) == report.usage.used_cents
    months = [row for row in rows if row[0] == "Mois de remise"]
    assert sum(int(row[2]) for row in months) == report.usage.handed_out
    spans = [row for row in rows if row[0].startswith("Délai")]
    assert sum(int(row[2]) for row in spans) == report.delay.booklets == report.usage.started


def test_a_name_is_never_a_formula(world):
    report = gathered(world)
    report.by_service[0] = ("=1+1", 3, 300)
    assert "'=1+1" in reporting.as_csv(report)


def test_nobody_else_reads_it(world):
    for member in (world.north, world.first, world.distributor):
        client = member.log_in(Client())
        for name in ("funder_report", "funder_report_csv"):
            assert client.get(address(name, world.south, world.running)).status_code == 404
            assert client.get(address(name, member, world.running)).status_code == 404
        assert client.post(address("funder_report_pdf", member, world.running)).status_code == 404


def test_an_operation_with_nothing_used_says_what_will_come(db):
    funder = make_funder()
    campaign = make_campaign(funder)
    client = funder.log_in(Client())
    body = client.get(address("funder_report", funder, campaign)).content.decode()
    assert "Aucun pass remis ni utilisé" in body
    rows = client.get(address("funder_report_csv", funder, campaign)).content.decode()
    assert "Émis;0;0,00" in rows


def test_the_pdf_is_made_by_a_job_and_kept_for_the_funder(fresh_database, settings, tmp_path):
    from tests.impact.world import build

    settings.MEDIA_ROOT = tmp_path
    world = build()
    client = world.south.log_in(Client())
    answer = client.post(address("funder_report_pdf", world.south, world.running))
    with acting(world.south.principal):
        job = Job.objects.get(kind="campaign_report")
    page = address("funder_report", world.south, world.running)
    assert answer["Location"] == f"{page}?travail={job.pk}"
    for shown in (client.get(page), client.get(answer["Location"])):
        assert f'hx-get="/travaux/{job.pk}/"' in shown.content.decode()
        assert "Préparer le PDF" not in shown.content.decode()
    assert run(job.pk)
    assert "Télécharger le rapport" in client.get(answer["Location"]).content.decode()
    with acting(world.south.principal):
        job.refresh_from_db()
        (document,) = Document.objects.visible_to(world.south.principal).filter(kind="campaign_report")
    assert (job.state, job.done, job.total) == ("done", 2, 2)
    assert job.result["url"] == reverse("document", args=[document.pk])
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(documents.read(document))).pages)
    with acting(world.south.principal):
        report = reporting.gather(world.running)
    assert world.running.name in text
    for step in report.steps:
        assert step.name in text
    for plot in report.plots():
        assert plot.title in text
    body = client.get(address("funder_report", world.south, world.running)).content.decode()
    assert "Rapports déjà préparés" in body
    assert world.north.log_in(Client()).get(reverse("document", args=[document.pk])).status_code == 404


def test_months_without_use_are_drawn_too():
    plot = presenting.months_plot([("2027-11", 3, 30), ("2028-02", 2, 20)], "Titre")
    assert [row[0].replace("\xa0", " ") for row in plot.rows] == [
        "novembre 2027", "décembre 2027", "janvier 2028", "février 2028",
    ]  # fmt: skip
    assert [row[1] for row in plot.rows] == ["3", "0", "0", "2"]


def test_nothing_draws_nothing():
    assert presenting.months_plot([], "Titre") is None
    assert presenting.rows_plot("Titre", [], "Nom") is None
    assert presenting.delay_plot(Delay()) is None


@pytest.mark.parametrize(
    ("days", "span"), [(0, 0), (1, 1), (7, 1), (8, 2), (14, 2), (15, 3), (30, 3), (31, 4), (61, 5)]
)
def test_a_delay_falls_in_one_span(days, span, monkeypatch):
    from impact import figures

    monkeypatch.setattr(figures, "_rows", lambda sql, values: [([0.0, 1.0, 2.0], 1, [days])])
    spans = figures.delay_to_first_use(date(2027, 1, 1)).spans
    assert [count for _, count in spans] == [int(rank == span) for rank in range(6)]


def test_the_day_of_counting_is_in_the_names(world):
    report = gathered(world)
    assert timezone.localdate(report.at).isoformat() in reporting.filename(report)
    assert world.running.name in reporting.title(report)
