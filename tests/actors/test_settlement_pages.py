"""The pages of settlement, from both sides, through real requests."""

import csv
from datetime import timedelta
from importlib import import_module
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from actors import statements, tasks
from actors.models import Payout, Settlement
from actors.settlement.prepare import prepare_settlement
from aptic.accounts.models import Role
from aptic.documents.models import Document
from aptic.jobs import running
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.ledger.describe import Description, describes
from aptic.tenancy.principal import Hat, acting
from tests.actors.money import OPERATOR, Scheme
from tests.factories import make_member, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _debtor(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN, settings.DEBTOR_BIC = (
        "Aptic cantonnement",
        "FR1420041010050500013M02606",
        "PSSTFRPPPAR",
    )
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scheme(db):
    return Scheme()


@pytest.fixture
def operator(client):
    member = make_operator(Role.FINANCE)
    member.log_in(client)
    return member


def test_from_the_form_to_the_last_transfer(scheme, operator, client):
    purse, poor, actor = scheme.funder(cash=100_000), scheme.funder(), scheme.actor()
    scheme.redeem(purse, actor, times=3)
    scheme.redeem(poor, actor)
    home = operator.organisation.pk
    assert "Aucun règlement" in client.get(reverse("operator_settlements", args=[home])).content.decode()
    run = scheme.prepare()
    page = client.get(reverse("operator_settlement", args=[home, run.pk])).content.decode()
    assert "28,56" in page
    assert "En attente des fonds du commanditaire" in page
    page = client.get(reverse("operator_settlement_approve", args=[home, run.pk]))
    assert run.digest in page.content.decode()
    client.post(reverse("operator_settlement_approve", args=[home, run.pk]), {"digest": run.digest})
    client.post(reverse("operator_settlement_file", args=[home, run.pk]))
    assert "Marquer comme envoyé" in client.get(reverse("operator_settlement", args=[home, run.pk])).content.decode()
    client.post(reverse("operator_settlement_sent", args=[home, run.pk]))
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
        assert payout.state == Payout.State.SENT
    for name in ("operator_payout", "operator_payout_settled", "operator_payout_failed"):
        assert client.get(reverse(name, args=[home, payout.pk])).status_code == 200
    assert client.get(reverse("operator_settlement_settled", args=[home, run.pk])).status_code == 200
    client.post(reverse("operator_settlement_settled", args=[home, run.pk]), {"bank_reference": "RLV-9"})
    with acting(OPERATOR):
        assert Settlement.objects.get(pk=run.pk).state == Settlement.State.CLOSED
    page = client.get(reverse("operator_fees", args=[home])).content.decode()
    assert "Préparer le virement" in page
    client.post(reverse("operator_payout_failed", args=[home, payout.pk]), {"reason": "Compte clos"})
    with acting(OPERATOR):
        assert Payout.objects.get(pk=payout.pk).state == Payout.State.RETURNED


def test_a_person_asks_for_a_run_and_a_job_prepares_it(scheme, operator, client):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor)
    address = reverse("operator_settlement_prepare", args=[operator.organisation.pk])
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "jour passé" in client.post(address, {"last_day": tomorrow.isoformat()}).content.decode()
    yesterday = timezone.localdate() - timedelta(days=1)
    response = client.post(address, {"last_day": yesterday.isoformat()})
    with acting(OPERATOR):
        job = Job.objects.get(kind="settlement")
    runs = reverse("operator_settlements", args=[operator.organisation.pk])
    assert response.url == f"{runs}?travail={job.pk}"
    assert f'hx-get="/travaux/{job.pk}/"' in client.get(runs).content.decode()  # also for whoever comes back later
    running.run(job.pk)
    page = client.get(response.url).content.decode()
    assert "Rien n’est à payer" in page
    assert reverse("job", args=[job.pk]) in page
    assert "Rien n’est à payer" not in client.get(runs).content.decode()


def test_the_list_leads_to_the_run_that_was_asked_for(scheme, operator, client, django_assert_num_queries):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor)
    runs = reverse("operator_settlements", args=[operator.organisation.pk])
    client.get(runs)
    with CaptureQueriesContext(connection) as before:
        client.get(runs)
    with acting(operator.principal):
        job = jobs.start(kind="settlement", params={"cutoff": timezone.now().isoformat()}, title="Règlement")
    with django_assert_num_queries(len(before) + 1):  # the run that is shown; without one, nothing is asked for it
        assert "en attente" in client.get(f"{runs}?travail={job.pk}").content.decode()
    assert running.run(job.pk)
    with acting(OPERATOR):
        run = Settlement.objects.get()
    page = client.get(f"{runs}?travail={job.pk}").content.decode()
    assert f"Voir le règlement {run.number}" in page
    assert "hx-get" not in page


def test_who_prepared_is_told_that_another_must_approve(scheme, operator, client):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor)
    with acting(operator.principal):
        run = prepare_settlement(cutoff=timezone.now())
    page = client.get(reverse("operator_settlement", args=[operator.organisation.pk, run.pk])).content.decode()
    assert "une autre personne de l’opérateur doit l’approuver" in page
    address = reverse("operator_settlement_approve", args=[operator.organisation.pk, run.pk])
    refused = client.post(address, {"digest": run.digest})
    assert refused.status_code == 403
    assert "vous l’avez préparé" in refused.content.decode()
    cancel = reverse("operator_settlement_cancel", args=[operator.organisation.pk, run.pk])
    assert client.get(cancel).status_code == 200
    client.post(cancel)
    with acting(OPERATOR):
        assert Settlement.objects.get(pk=run.pk).state == Settlement.State.CANCELLED


def test_an_actor_reads_its_own_payouts_and_nobody_elses(scheme, client):
    purse, poor, actor, other = scheme.funder(cash=100_000), scheme.funder(), scheme.actor(), scheme.actor()
    scheme.redeem(purse, actor, times=3)
    scheme.redeem(purse, other)
    scheme.redeem(poor, actor)
    run = scheme.send(scheme.prepare())
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    page = client.get(reverse("actor_payouts", args=[actor.pk])).content.decode()
    assert "28,56" in page
    assert "9,52" not in page
    page = client.get(reverse("actor_owed", args=[actor.pk])).content.decode()
    assert "En attente des fonds du commanditaire" in page
    with acting(OPERATOR):
        mine = Payout.objects.get(settlement=run, actor=actor)
        theirs = Payout.objects.get(settlement=run, actor=other)
    assert client.get(reverse("actor_payout", args=[actor.pk, mine.pk])).status_code == 200
    for name in ("actor_payout", "actor_payout_csv", "actor_payout_pdf"):
        assert client.get(reverse(name, args=[actor.pk, theirs.pk])).status_code == 404


def test_csv_and_pdf_have_one_line_per_pass_and_no_formula(scheme, client, monkeypatch):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor, times=7)
    run = scheme.send(scheme.prepare())
    from aptic.ledger import describe

    monkeypatch.setitem(
        describe._describers, "redeem", lambda events: {one: Description(text="Pass", site="=1+1") for one in events}
    )
    member = make_member(actor, Hat.ACTOR, Role.FINANCE)
    member.log_in(client)
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
    response = client.get(reverse("actor_payout_csv", args=[actor.pk, payout.pk]))
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 1 + 7
    assert all(row[4] == "'=1+1" and row[6] == "10,00" for row in rows[1:])
    address = reverse("actor_payout_pdf", args=[actor.pk, payout.pk])
    assert "Préparer le PDF" in client.get(address).content.decode()
    followed = client.post(address).url
    with acting(OPERATOR):
        job = Job.objects.get(kind="payout_statement")
    assert followed == f"{address}?travail={job.pk}"
    assert client.post(address).url == followed  # asked again, the work under way goes on
    for page in (followed, address):
        shown = client.get(page).content.decode()
        assert f'hx-get="/travaux/{job.pk}/"' in shown
        assert "Préparer le PDF" not in shown
    assert running.run(job.pk)
    assert "Télécharger le relevé" in client.get(followed).content.decode()
    with acting(member.principal):
        content = statements.as_pdf(payout=Payout.objects.get(pk=payout.pk), principal=member.principal)
        assert tasks.find_statement(payout, member.principal)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert text.count("=1+1") == 7
    stored = client.get(address).url
    with acting(OPERATOR):  # as those were that were kept before documents of this kind had roles
        Document.objects.filter(kind=tasks.STATEMENT).update(roles=[])
    agent = make_member(actor, Hat.ACTOR, Role.AGENT).log_in(Client())
    assert b"".join(agent.get(stored))
    with acting(OPERATOR), connection.cursor() as cursor:
        cursor.execute(import_module("actors.migrations.0013_statements_have_roles").NARROW)
    assert agent.get(stored).status_code == 403


def test_the_pdf_is_for_those_whom_its_page_is_for(scheme, client):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor)
    run = scheme.send(scheme.prepare())
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    with acting(OPERATOR):
        address = reverse("actor_payout_pdf", args=[actor.pk, Payout.objects.get(settlement=run).pk])
    client.post(address)
    with acting(OPERATOR):
        job = Job.objects.get(kind="payout_statement")
    assert running.run(job.pk)
    stored = client.get(address).url
    assert b"".join(client.get(stored)).startswith(b"%PDF")
    for role in (Role.AGENT, Role.SCANNER):
        assert make_member(actor, Hat.ACTOR, role).log_in(Client()).get(stored).status_code == 403
    assert b"".join(make_member(actor, Hat.ACTOR, Role.MANAGER).log_in(Client()).get(stored))


def test_the_calendar_prepares_one_run_and_no_second(scheme):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    scheme.redeem(purse, actor)
    assert tasks.prepare_settlement() == ""  # nothing was owed before Monday midnight
    with acting(OPERATOR):
        assert Settlement.objects.count() == 0


def test_describers_answer_for_their_kinds_only():
    from aptic.ledger import describe

    @describes("claim_repaid")
    def words(events):
        return {one: Description(text="remboursée") for one in events}

    event = make_event()
    try:
        found = describe.describe([("claim_repaid", event), ("refund", event)])
    finally:
        del describe._describers["claim_repaid"]
    assert found["claim_repaid", event].text == "remboursée"
    assert found["refund", event].text == "Remboursement"


def make_event():
    """Any event's id."""
    import uuid

    return uuid.uuid4()
