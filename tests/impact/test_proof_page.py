"""The page of the proof: what it says, who may run it again, and the alarm on the operator's first page."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.ledger.models import Proof
from aptic.ledger.tasks import prove_nightly
from tests.factories import make_funder, make_operator
from tests.impact.world import build


def address(member):
    return reverse("operator_proof", args=[member.organisation.pk])


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the queue, instead of a worker."""
    calls = []
    monkeypatch.setattr(prove_nightly, "apply_async", lambda **options: calls.append(options))
    return calls


def test_before_the_first_night_the_page_says_what_will_come(db):
    member = make_operator()
    body = member.log_in(Client()).get(address(member)).content.decode()
    assert "Pas encore de vérification" in body
    assert "Vérifier maintenant" in body


def test_only_those_who_answer_for_the_money_run_it_again(fresh_database, sent):
    manager, agent = make_operator(Role.FINANCE), make_operator(Role.AGENT)
    page = agent.log_in(Client())
    assert "Vérifier maintenant" not in page.get(address(agent)).content.decode()
    assert page.post(address(agent)).status_code == 403
    assert sent == []
    assert manager.log_in(Client()).post(address(manager)).status_code == 302
    assert sent == [{"queue": "system"}]


def test_a_second_run_within_a_minute_is_not_asked(fresh_database, sent):
    member = make_operator()
    prove_nightly()
    answer = member.log_in(Client()).post(address(member), follow=True)
    assert "moins d’une minute" in answer.content.decode()
    assert sent == []


def test_no_other_space_opens_it(db):
    funder, operator = make_funder(), make_operator()
    assert funder.log_in(Client()).get(address(operator)).status_code == 404


def test_the_page_and_the_home_name_an_account_that_differs(fresh_database, django_assert_max_num_queries):
    world = build()
    prove_nightly()
    client = world.first.log_in(Client())
    body = client.get(address(world.first)).content.decode()
    assert "Comptes en écart" not in body
    assert f"Lot {world.batch.pk}" in body
    assert reverse("operator_trace", args=[world.first.organisation.pk, "batch", str(world.batch.uuid)]) in body
    home = client.get(reverse("operator_home", args=[world.first.organisation.pk])).content.decode()
    assert "n’est pas d’accord" not in home
    with fresh_database.connect("owner") as owner:
        owner.execute(
            "UPDATE passes_pass SET state = 'replaced' WHERE id = %s", [world.batch.first_booklet + 1 << 4 | 10]
        )
    assert prove_nightly() == 1
    with django_assert_max_num_queries(20):
        body = client.get(address(world.first), {"compte": "circulation"}).content.decode()
    assert "Comptes en écart" in body
    assert re.search(r"écart de <[^>]+>10\s€", body)
    home = client.get(reverse("operator_home", args=[world.first.organisation.pk])).content.decode()
    assert "En circulation · Cantonnement Fondation du Sud" in home
    assert Proof.objects.using("system").first().differences == 1
