"""Giving money back from the pages: what may be, why no more, two people, and what the funder reads of it."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.ledger.balances import refundable
from aptic.tenancy.principal import acting
from funders import services
from funders.models import FundingLine, Refund
from passes.issuance import open_batch
from tests.factories import OPERATOR, make_campaign, make_funder, make_operator, make_paid_line

pytestmark = pytest.mark.django_db
TERMS = {"reason": "Opération close", "holder": "Paierie", "iban": "FR76 3000 6000 0112 3456 7890 189"}


@pytest.fixture
def scene(client):
    """A funder with 600 € received and 400 € promised on one line; who looks is somebody of the operator."""
    funder, one = make_funder("Département de l’essai"), make_operator(Role.FINANCE)
    line = make_paid_line(make_campaign(funder, name="Premiers clics"), cents=60_000, operator=one)
    with acting(OPERATOR):
        line = FundingLine.objects.select_related("account__purse", "campaign", "funder").get(pk=line.pk)
    with acting(one.principal):
        services.record_payment_order(line=line, number="M-1", amount_cents=40_000)
    one.log_in(client)
    return funder, one, line


def url(name, member, *args):
    return reverse(name, args=[member.organisation.pk, *args])


def text(response):
    return response.content.decode().replace("\xa0", " ")


def words(response):
    """What a person reads, without the tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())


def prepare(person, line, cents=10_000):
    with acting(person.principal):
        return services.prepare_refund(line=line, amount_cents=cents, **TERMS)


def test_the_funders_page_says_what_may_be_given_back_and_why_no_more(client, scene):
    funder, one, line = scene
    with acting(funder.principal):
        order = services.place_order(campaign=line.campaign, line=line, booklets=1)
    page = words(client.get(url("operator_funder", one, funder.organisation.pk)))
    assert "Sur le compte cantonné 600 €" in page
    assert "Peut être rendu maintenant 600 €" in page
    with acting(OPERATOR):
        open_batch(order=order)
    page = words(client.get(url("operator_funder", one, funder.organisation.pk)))
    assert "Dans des pass encore utilisables − 100 €" in page
    assert "Peut être rendu maintenant 500 €" in page
    form = text(client.get(url("operator_refund_create", one, funder.organisation.pk), {"ligne": line.pk}))
    assert "au plus 500 € maintenant" in form
    assert f'value="{line.pk}"' in form


def test_where_more_was_issued_than_came_nothing_is_offered(client, scene):
    funder, one, line = scene
    with acting(funder.principal):
        order = services.place_order(campaign=line.campaign, line=line, booklets=7)
    with acting(OPERATOR):
        open_batch(order=order)
    page = text(client.get(url("operator_funder", one, funder.organisation.pk)))
    assert "Des pass ont été émis sur un mandat promis" in page
    assert "Préparer un remboursement" not in page
    form = text(client.get(url("operator_refund_create", one, funder.organisation.pk)))
    assert "Préparer le remboursement" not in form


def test_one_prepares_another_confirms_and_the_funder_reads_it(client, scene):
    funder, one, line = scene
    address = url("operator_refund_create", one, funder.organisation.pk)
    answer = client.post(address, {"line": line.pk, "amount_cents": "123,45", **TERMS})
    with acting(OPERATOR):
        refund = Refund.objects.get()
    page = url("operator_refund", one, refund.pk)
    assert answer.url == page
    assert "une autre personne doit le virer" in text(client.get(page))
    left = {"bank_reference": "REMB-9", "left_on": timezone.localdate().isoformat()}
    assert "Vous avez préparé ce remboursement" in text(client.post(page, left))
    other = make_operator(Role.FINANCE)
    other.log_in(client)
    shown = text(client.get(page))
    assert "IBAN qui finit par 0189" in shown
    assert "3000 6000" not in shown
    assert "30006000" not in shown
    assert client.post(page, left).status_code == 302
    assert "REMB-9, parti le" in text(client.get(page))
    listed = words(client.get(url("operator_funder", other, funder.organisation.pk)))
    assert "rendu" in listed
    funder.log_in(client)
    mine = text(client.get(url("funder_campaign", funder, line.campaign_id)))
    assert "REMB-9" in mine
    assert f'href="{url("funder_trace", funder, "line", str(line.pk))}" title="Suivre cet euro">123,45 €</a>' in mine
    assert ">476,55 €</a> reçus" in mine


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount_cents": "0"}, "au moins 0,01 €"),
        ({"amount_cents": "-5"}, "au moins 0,01 €"),
        ({"amount_cents": "600,01"}, "il ne peut être rendu que 600 € maintenant"),
        ({"reason": " "}, "à corriger"),
        ({"iban": "FR76 1"}, "27 caractères"),
        ({"line": ""}, "à corriger"),
    ],
)
def test_what_is_wrong_is_said_beside_its_question(client, scene, wrong, said):
    funder, one, line = scene
    address = url("operator_refund_create", one, funder.organisation.pk)
    answer = client.post(address, {"line": line.pk, "amount_cents": "100", **TERMS, **wrong})
    assert answer.status_code == 200
    assert said in text(answer)
    with acting(OPERATOR):
        assert not Refund.objects.exists()


def test_a_line_of_another_funder_is_no_choice(client, scene):
    funder, one, _line = scene
    other = make_paid_line(cents=10_000, operator=one)
    address = url("operator_refund_create", one, funder.organisation.pk)
    assert "à corriger" in text(client.post(address, {"line": other.pk, "amount_cents": "1", **TERMS}))
    with acting(OPERATOR):
        assert not Refund.objects.exists()


def test_a_line_added_while_the_page_is_made_has_nothing_to_give_back(client, scene, monkeypatch):
    funder, one, _ = scene

    def before_another(purse_id):
        found = refundable(purse_id)
        make_campaign(funder, name="Suivante")
        return found

    monkeypatch.setattr("funders.views.operator_refunds.refundable", before_another)
    page = words(client.get(url("operator_refund_create", one, funder.organisation.pk)))
    assert "Premiers clics" in page
    assert "Suivante" in page


def test_a_second_one_on_the_same_line_waits_for_the_first(client, scene):
    funder, one, line = scene
    prepare(one, line)
    address = url("operator_refund_create", one, funder.organisation.pk)
    page = text(client.post(address, {"line": line.pk, "amount_cents": "50", **TERMS}))
    assert "attend déjà d’être confirmé sur cette ligne" in page


def test_money_used_meanwhile_does_not_leave(client, scene):
    funder, one, line = scene
    refund = prepare(one, line, 60_000)
    with acting(funder.principal):
        order = services.place_order(campaign=line.campaign, line=line, booklets=5)
    with acting(OPERATOR):
        open_batch(order=order)
    other = make_operator(Role.FINANCE)
    other.log_in(client)
    page = url("operator_refund", other, refund.pk)
    assert "Ne faites pas ce virement" in text(client.get(page))
    left = {"bank_reference": "REMB-9", "left_on": timezone.localdate().isoformat()}
    client.post(page, left)
    with acting(OPERATOR):
        assert Refund.objects.get().confirmed_at is None
    assert client.post(page, {"discard": "1"}).status_code == 302
    with acting(OPERATOR):
        assert not Refund.objects.exists()


def test_only_the_operators_money_people_open_them(client, scene):
    funder, one, line = scene
    refund = prepare(one, line)
    pages = (("operator_refund_create", funder.organisation.pk), ("operator_refund", refund.pk))
    agent = make_operator(Role.AGENT)
    agent.log_in(client)
    assert [client.get(url(name, agent, pk)).status_code for name, pk in pages] == [403, 403]
    page = text(client.get(url("operator_funder", agent, funder.organisation.pk)))
    assert "Préparer un remboursement" not in page
    assert "à confirmer" in page
    funder.log_in(client)
    assert [client.get(url(name, funder, pk)).status_code for name, pk in pages] == [404, 404]


def test_they_cost_the_same_queries_however_many(client, scene, django_assert_max_num_queries):
    funder, one, line = scene
    other = make_operator(Role.FINANCE)
    for number in range(4):
        refund = prepare(one, line, 100)
        with acting(other.principal):
            services.confirm_refund(refund=refund, bank_reference=f"R-{number}", left_on=timezone.localdate())
    with django_assert_max_num_queries(20):
        page = text(client.get(url("operator_funder", one, funder.organisation.pk)))
    assert page.count("Opération close") == 4
    with django_assert_max_num_queries(16):
        client.get(url("operator_refund_create", one, funder.organisation.pk))
    with django_assert_max_num_queries(12):
        client.get(url("operator_refund", one, refund.pk))
    funder.log_in(client)
    with django_assert_max_num_queries(22):
        client.get(url("funder_campaign", funder, line.campaign_id))
