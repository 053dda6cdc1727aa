"""The operator's fees in its pages: what is due, who prepared what, what the second person checks."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from actors.models import FeeSweep
from actors.settlement.fees import confirm_sweep, prepare_sweep
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from tests.actors.money import OPERATOR, Scheme, cents
from tests.actors.test_fees import earn, more_than_due
from tests.factories import make_member, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    return Scheme()


def finance(name):
    """A finance person of the operator."""
    return make_member(make_operator().organisation, Hat.OPERATOR, Role.FINANCE, name=name)


@pytest.fixture
def one(client):
    """Whoever prepares, logged in."""
    member = finance("Hugo Mercier")
    member.log_in(client)
    return member


@pytest.fixture
def purse(scheme):
    found = scheme.funder(cash=100_000)
    earn(scheme, found)
    return found


def url(name, member, *args):
    return reverse(name, args=[member.organisation.pk, *args])


def words(response):
    """What a person reads, without the tags."""
    text = response.content.decode().replace("\xa0", " ").replace("\u202f", " ")
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def prepared(client, member, purse):
    answer = client.post(url("operator_fees", member), {"purse": purse.pk})
    with acting(OPERATOR):
        sweep = FeeSweep.objects.get(purse=purse, confirmed_at=None)
    assert answer.url == url("operator_fee_sweep", member, sweep.pk)
    return sweep


def left(reference="VIR-9"):
    return {"bank_reference": reference, "left_on": timezone.localdate().isoformat()}


def test_one_prepares_another_confirms_and_both_are_named(scheme, purse, one, client):
    fees = url("operator_fees", one)
    assert "Préparer le virement" in words(client.get(fees))
    sweep = prepared(client, one, purse)
    assert prepared(client, one, purse) == sweep  # a double click
    page = url("operator_fee_sweep", one, sweep.pk)
    shown = words(client.get(page))
    assert "Vous avez préparé ce virement : une autre personne" in shown
    assert "Confirmer : le virement est parti" not in shown
    assert "Vous avez préparé ce virement" in words(client.post(page, left()))
    assert cents(purse, "fees_due") == 40
    listed = words(client.get(fees))
    assert "à confirmer préparé le" in listed
    assert "par Hugo Mercier" in listed
    assert "Préparer le virement" not in listed
    other = finance("Inès Caron")
    other.log_in(client)
    shown = words(client.get(page))
    assert "par Hugo Mercier" in shown
    assert "Vérifiez que le compte crédité est bien celui de l’opérateur" in shown
    assert "Montant du virement 0,48 €" in shown
    assert client.post(page, left()).status_code == 302
    assert client.post(page, left()).status_code == 200  # a double click finds it done
    shown = words(client.get(page))
    assert "VIR-9, parti le" in shown
    assert "par Inès Caron" in shown
    assert "Écarter" not in shown
    listed = words(client.get(fees))
    assert "Aucuns frais en attente" in listed
    assert "Hugo Mercier, puis Inès Caron" in listed
    assert cents(purse, "fees_due") == cents(purse, "vat_due") == 0


def test_what_came_to_be_due_since_is_said(scheme, purse, one, client):
    with acting(scheme.first):
        sweep = prepare_sweep(purse=purse)
    page = url("operator_fee_sweep", one, sweep.pk)
    assert "D’autres frais sont dus depuis" not in words(client.get(page))
    earn(scheme, purse)
    assert "D’autres frais sont dus depuis : 0,96 € en tout" in words(client.get(page))
    client.post(page, left())
    assert "Préparer le virement" in words(client.get(url("operator_fees", one)))


def test_less_due_than_was_prepared_does_not_leave(scheme, purse, one, client):
    sweep = more_than_due(scheme, purse)
    page = url("operator_fee_sweep", one, sweep.pk)
    assert "Ne faites pas ce virement." in words(client.get(page))
    client.post(page, left())
    assert cents(purse, "fees_due") == 40
    assert client.post(page, {"discard": "1"}).url == url("operator_fees", one)
    with acting(OPERATOR):
        assert not FeeSweep.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bank_reference": " "}, "à corriger"),
        ({"left_on": ""}, "à corriger"),
        ({"left_on": "2099-01-01"}, "pas encore venu"),
    ],
)
def test_what_is_wrong_is_said_beside_its_question(scheme, purse, one, client, wrong, said):
    with acting(scheme.first):
        sweep = prepare_sweep(purse=purse)
    assert said in words(client.post(url("operator_fee_sweep", one, sweep.pk), {**left(), **wrong}))
    assert cents(purse, "fees_due") == 40


def test_a_reference_that_served_is_said_beside_it(scheme, purse, one, client):
    for _ in range(2):
        with acting(scheme.first):
            sweep = prepare_sweep(purse=purse)
        answer = client.post(url("operator_fee_sweep", one, sweep.pk), left())
        earn(scheme, purse)
    assert "porte déjà cette référence" in words(answer)


@pytest.mark.parametrize("data", [{}, {"purse": "x"}, {"purse": ""}])
def test_a_forged_form_is_no_page(data, one, client):
    assert client.post(url("operator_fees", one), data).status_code == 404


def test_only_the_operators_money_people_open_them(scheme, purse, client):
    with acting(scheme.first):
        sweep = prepare_sweep(purse=purse)
    agent = make_operator(Role.AGENT)
    agent.log_in(client)
    assert client.get(url("operator_fees", agent)).status_code == 403
    assert client.get(url("operator_fee_sweep", agent, sweep.pk)).status_code == 403


def test_they_take_the_same_queries_for_few_and_many(scheme, one, client):
    address = url("operator_fees", one)

    def more(count):
        for number in range(count):
            purse = scheme.funder(cash=100_000)
            for step in range(3):
                earn(scheme, purse)
                with acting(scheme.first):
                    sweep = prepare_sweep(purse=purse)
                if step < 2:
                    with acting(scheme.second):
                        confirm_sweep(sweep=sweep, bank_reference=f"R {number} {step}", left_on=timezone.localdate())
        client.get(address)  # what is cached is cached
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured), sweep

    few, _ = more(1)
    many, sweep = more(4)
    assert many == few <= 14
    with CaptureQueriesContext(connection) as captured:
        client.get(url("operator_fee_sweep", one, sweep.pk))
    assert len(captured) <= 14


def test_every_amount_leads_to_a_page(scheme, one, client):
    till_purse = scheme.funder(cash=100_000)
    earn(scheme, till_purse)
    sweep = prepared(client, one, till_purse)
    for page in (url("operator_fees", one), url("operator_fee_sweep", one, sweep.pk)):
        content = client.get(page).content.decode()
        links = set(re.findall(r'href="([^"]*/suivre/[^"]+)"', content))
        assert content.count('title="Suivre cet euro"') == 3
        assert {client.get(link).status_code for link in links} == {200}
