"""The pages of issuing, batches and printing: they open, say what they must, and cost a fixed number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.jobs import running
from aptic.jobs.models import Job
from aptic.tenancy.principal import Hat, acting
from funders import services as funders
from funders.models import Order
from passes import issuance, printing
from passes.distribution import send_booklets
from passes.models import Batch
from tests.factories import (
    OPERATOR,
    Member,
    make_campaign,
    make_distributor,
    make_funder,
    make_member,
    make_operator,
    make_paid_line,
)
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


def url(name, member: Member, *args) -> str:
    return reverse(name, args=[member.organisation.pk, *args])


def text(response) -> str:
    return response.content.decode().replace("\xa0", " ")


def job_of(kind: str) -> Job:
    with acting(OPERATOR):
        return Job.objects.filter(kind=kind).latest("created_at")


@pytest.fixture
def operator(client) -> Member:
    member = make_operator()
    member.log_in(client)
    return member


@pytest.fixture
def funder() -> Member:
    return make_funder("Département de l’essai")


@pytest.fixture
def order(funder) -> Order:
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=60_000)
    with acting(funder.principal):
        funders.add_funding_line(campaign=campaign, source="Région d’essai")
        return funders.place_order(campaign=campaign, line=line, booklets=5)


def test_the_list_of_orders_leads_to_issuing(client, operator, order):
    address = url("operator_order_issue", operator, order.pk)
    assert address in text(client.get(url("operator_orders", operator)))


def test_issuing_shows_each_line_confirms_and_then_the_work_and_the_batch(client, operator, order):
    address = url("operator_order_issue", operator, order.pk)
    page = text(client.get(address))
    assert "Émettre 50 pass" in page
    assert "Région d’essai" in page
    assert "600 €" in page
    assert "100 €" in page
    assert client.post(address).url == address
    page = text(client.get(address))
    assert 'hx-trigger="every 1s"' in page
    assert "Émettre 50 pass" not in page
    client.post(address)
    with acting(OPERATOR):
        job = Job.objects.get(kind=issuance.ISSUE)
    assert running.run(job.pk)
    page = text(client.get(address))
    with acting(OPERATOR):
        batch = Batch.objects.get(order=order)
    assert f"Lot {batch.pk} émis" in page
    assert url("operator_batch_print", operator, batch.uuid) in page
    again = client.post(address)
    assert (again.status_code, "déjà émise" in text(again)) == (409, True)


def test_what_is_not_funded_is_refused_in_a_sentence_with_the_next_step(client, operator, funder):
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=30_000)
    with acting(funder.principal):
        order = funders.place_order(campaign=campaign, line=line, booklets=5)
    address = url("operator_order_issue", operator, order.pk)
    page = text(client.get(address))
    assert "a 300 € disponibles et cette commande en demande 500 € : il manque 200 €" in page
    assert "Enregistrez le virement ou le mandat" in page
    assert "<button" not in page.split("<main", 1)[1]
    refused = client.post(address)
    assert refused.status_code == 409
    assert "il manque 200 €" in text(refused)
    with acting(OPERATOR):
        assert not Job.objects.filter(kind=issuance.ISSUE).exists()


def test_work_that_failed_is_said_and_can_be_taken_up_again(client, operator, order, monkeypatch):
    address = url("operator_order_issue", operator, order.pk)
    client.post(address)

    def broken(**_: object) -> None:
        raise ValueError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("passes.jobs.fill_batch", broken)
        running.run(job_of(issuance.ISSUE).pk)
    page = text(client.get(address))
    assert "erreur inattendue" in page
    assert "Reprendre l’émission" in page
    client.post(address)
    assert running.run(job_of(issuance.ISSUE).pk)
    assert "émis le" in text(client.get(address))
    with acting(OPERATOR):
        assert Batch.objects.get(order=order).activated_at is not None


def test_an_agent_of_the_operator_looks_and_does_not_issue_and_a_funder_finds_nothing(client, order, funder):
    agent = make_operator(Role.AGENT)
    agent.log_in(client)
    address = url("operator_order_issue", agent, order.pk)
    page = text(client.get(address))
    assert "600 €" in page
    assert "<button" not in page.split("<main", 1)[1]
    assert client.post(address).status_code == 403
    funder.log_in(client)
    assert client.get(url("operator_order_issue", funder, order.pk)).status_code == 404


def test_files_cost_the_same_queries_however_many(client, funder, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "PER_FILE", 1)
    batch = make_batch(campaign=make_campaign(funder), booklets=9)
    funder.log_in(client)
    address, costs = url("funder_batch_print", funder, batch.uuid), []
    for number in range(1, 8):
        with acting(OPERATOR):
            printing.keep_file(batch=batch, span=printing.Span(number, number), content=b"%PDF")
        costs.append(queries(client, address))
    assert len(set(costs)) == 1
    assert costs[0] <= 18


def test_empty_lists_say_what_will_come(client, operator, funder):
    assert "Aucun lot pour l’instant" in text(client.get(url("operator_batches", operator)))
    funder.log_in(client)
    assert "L’opérateur émet vos commandes" in text(client.get(url("funder_batches", funder)))


def queries(client, address: str) -> int:
    """How many queries a page costs, and that it opens."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_lists_cost_the_same_queries_however_many_batches(client, operator, funder):
    campaign = make_campaign(funder, needs_hand_out=False)
    make_batch(campaign=campaign, booklets=1)
    addresses = {operator: url("operator_batches", operator), funder: url("funder_batches", funder)}
    one = {member: queries(member.log_in(client), address) for member, address in addresses.items()}
    assert max(one.values()) <= 14
    for _ in range(5):
        make_batch(campaign=campaign, booklets=1)
    for member, address in addresses.items():
        assert queries(member.log_in(client), address) == one[member]
        assert text(client.get(address)).count(">à imprimer<") == 6


def test_a_batch_whose_booklets_left_says_so(client, funder):
    batch = make_batch(campaign=make_campaign(funder), booklets=3)
    distributor = make_distributor()
    with acting(funder.principal):
        send_booklets(batch=batch, distributor=distributor.organisation, first_booklet=batch.first_booklet, booklets=2)
    funder.log_in(client)
    assert ">confié<" in text(client.get(url("funder_batches", funder)))
    page = text(client.get(url("funder_batch", funder, batch.uuid)))
    assert 'Confiés à un aiguilleur</th><td class="n">2</td>' in page
    assert 'Chez le commanditaire</th><td class="n">1</td>' in page


def test_a_batch_says_where_its_passes_and_booklets_are(client, operator, funder, django_assert_max_num_queries):
    batch = make_batch(campaign=make_campaign(funder, needs_hand_out=False), booklets=2)
    till = make_till()
    assert till.redeem(code_of(batch)).status_code == 201
    with django_assert_max_num_queries(18):
        page = text(client.get(url("operator_batch", operator, batch.uuid)))
    assert "2 carnets de 10 pass" in page
    assert "utilisés <b" in page
    assert "Dernier jour, inclus" in page
    assert "Imprimer les carnets" in page
    funder.log_in(client)
    with django_assert_max_num_queries(18):
        assert "200 €" in text(client.get(url("funder_batch", funder, batch.uuid)))


def test_a_batch_being_issued_leads_to_the_work(client, operator, order):
    with acting(OPERATOR):
        batch = issuance.open_batch(order=order)
    page = text(client.get(url("operator_batch", operator, batch.uuid)))
    assert "en cours d’émission" in page
    assert url("operator_order_issue", operator, order.pk) in page
    page = text(client.get(url("operator_batch_print", operator, batch.uuid)))
    assert "imprimez-le quand il sera émis" in page
    assert client.post(url("operator_batch_print", operator, batch.uuid)).status_code == 409


def test_another_funders_batch_does_not_exist(client, funder):
    batch = make_batch()
    funder.log_in(client)
    for name in ("funder_batch", "funder_batch_print"):
        assert client.get(url(name, funder, batch.uuid)).status_code == 404, name
    assert client.post(url("funder_batch_printed", funder, batch.uuid)).status_code == 404
    assert f"Lot {batch.pk}<" not in text(client.get(url("funder_batches", funder)))


def test_finance_and_counter_staff_do_not_open_the_printing(client, funder):
    batch = make_batch(campaign=make_campaign(funder), booklets=1)
    for role in (Role.FINANCE, Role.SCANNER):
        make_member(funder.organisation, Hat.FUNDER, role).log_in(client)
        assert client.get(url("funder_batch_print", funder, batch.uuid)).status_code == 403


def test_printing_from_the_button_to_the_confirmation(client, funder, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "PER_FILE", 2)
    batch = make_batch(campaign=make_campaign(funder), booklets=3)
    funder.log_in(client)
    address = url("funder_batch_print", funder, batch.uuid)
    assert "Préparer les fichiers" in text(client.get(address))
    assert client.post(url("funder_batch_printed", funder, batch.uuid)).status_code == 409
    assert client.post(address).url == address
    assert 'hx-trigger="every 1s"' in text(client.get(address))
    assert running.run(job_of(printing.PRINT).pk)
    page = text(client.get(address))
    assert "1 à 2" in page
    assert "3 à 3" in page
    assert "Impression confirmée" in page
    assert client.post(address).status_code == 409
    assert client.post(url("funder_batch_printed", funder, batch.uuid)).status_code == 302
    page = text(client.get(address))
    assert "Impression confirmée le" in page
    assert "imprimé" in text(client.get(url("funder_batches", funder)))
