"""`/acteur/…/revenus/declarer/`: eight amounts, clear errors, nothing lost, a correction that keeps what was said."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actors.income import declare_income, last_of
from actors.income_models import IncomeDeclaration
from actors.income_rules import Kind
from aptic.accounts.models import Role
from aptic.tenancy.principal import acting
from tests.actors.network import make_actor
from tests.factories import make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return make_actor()


@pytest.fixture
def client(actor):
    return actor.manager.log_in(Client())


def address(actor):
    return reverse("actor_income_declare", args=[actor.organisation.pk])


def open_year():
    return timezone.localdate().year - 1


def typed(**more):
    return {"year": open_year(), "after": 0, **more}


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def versions(actor):
    with acting(actor.manager.principal):
        return list(IncomeDeclaration.objects.order_by("version"))


def test_the_form_asks_for_the_seven_and_the_rest_and_says_who_reads(client, actor):
    page = plain(client.get(address(actor)))
    for kind in Kind:
        assert kind.label in page
    assert "Vous seuls lisez ces montants" in page
    assert f"Vos pass de {open_year()} sont déjà comptés" in page


def test_amounts_are_read_as_people_write_them(client, actor):
    answer = client.post(address(actor), typed(training="1 234,56", rooms="2000 €", other=""), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("actor_income", args=[actor.organisation.pk])
    assert f"Vos revenus de {open_year()} sont enregistrés. Vous seuls les lisez." in plain(answer)
    (one,) = versions(actor)
    assert one.amounts == {**dict.fromkeys(Kind, 0), Kind.TRAINING: 1_234_56, Kind.ROOMS: 2_000_00}


def test_an_error_is_named_beside_its_field_and_nothing_is_lost(client, actor):
    answer = client.post(address(actor), typed(training="mille", rooms="-3", members="12,5"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "2 points sont à corriger" in plain(answer)
    assert "Écrivez un montant comme 1234,50." in page
    assert "au moins 0" in page
    for value in ("mille", "-3", "12,5"):
        assert f'value="{value}"' in page
    assert versions(actor) == []


def test_a_correction_begins_with_what_is_in_force_and_keeps_both(client, actor):
    client.post(address(actor), typed(training="100"))
    page = client.get(address(actor)).content.decode()
    assert 'name="training" value="100"' in re.sub(r' (?!name|value)[a-z-]+="[^"]*"', "", page)
    assert "Enregistrer la correction" in page
    answer = client.post(address(actor), typed(training="90", after=1), follow=True)
    assert "sont corrigés" in plain(answer)
    assert [one.amounts[Kind.TRAINING] for one in versions(actor)] == [100_00, 90_00]


def test_two_people_at_once_the_second_is_told_keeps_its_amounts_and_may_go_on(client, actor):
    colleague = actor.member(Role.FINANCE)
    with acting(colleague.principal):
        declare_income(year=open_year(), amounts={Kind.ROOMS: 7_00})
    answer = client.post(address(actor), typed(training="100"))
    assert "Une autre personne vient d’enregistrer cette année" in plain(answer)
    page = answer.content.decode()
    assert 'value="100"' in page
    assert re.search(r'name="after" value="1"', page)
    assert len(versions(actor)) == 1
    client.post(address(actor), typed(training="100", after=1))
    with acting(actor.manager.principal):
        assert last_of(open_year()).amounts[Kind.TRAINING] == 100_00


@pytest.mark.parametrize("year", [-1, 1, 3000])
def test_another_year_is_refused_with_the_way_on(client, actor, year):
    wanted = open_year() + year if year != 3000 else year
    answer = client.post(address(actor), typed(year=wanted, training="100"))
    assert "Cette année ne se déclare pas aujourd’hui" in plain(answer)
    assert 'value="100"' in answer.content.decode()
    assert versions(actor) == []


@pytest.mark.parametrize("more", [{"year": "x"}, {"after": "-1"}, {"year": ""}])
def test_a_form_that_was_tampered_with_is_refused(client, actor, more):
    answer = client.post(address(actor), {**typed(training="100"), **more})
    assert answer.status_code == 200
    assert "à corriger" in plain(answer)
    assert versions(actor) == []


def test_it_is_for_managers_and_finance(actor):
    for role, status in ((Role.FINANCE, 200), (Role.AGENT, 403), (Role.SCANNER, 403)):
        member = actor.member(role).log_in(Client())
        assert member.get(address(actor)).status_code == status
        assert member.post(address(actor), typed()).status_code == (302 if status == 200 else 403)
    stranger = make_operator().log_in(Client())
    assert stranger.get(address(actor)).status_code == stranger.post(address(actor), typed()).status_code == 404


def test_it_costs_the_same_before_and_after(client, actor, django_assert_num_queries):
    client.get(address(actor))
    with django_assert_num_queries(13):
        client.get(address(actor))
    client.post(address(actor), typed(training="100"))
    client.get(address(actor))
    with django_assert_num_queries(13):
        client.get(address(actor))
