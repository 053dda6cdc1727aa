"""The bar that changes role in one click and the tour: in a demonstration, and nowhere else."""

import pytest
from django.test import Client
from django.urls import reverse

from impact.demonstration.roles import ROLES
from impact.demonstration.tour_steps import steps
from passes import codes

CHANGE = "/demonstration/role/"


@pytest.mark.parametrize("key", [key for key in ROLES if key != "habitant"])
def test_one_click_opens_the_first_page_of_a_role(demonstration, key):
    client = Client()
    answer = client.post(CHANGE, {"role": key}, follow=True)
    assert answer.status_code == 200
    assert answer.context["user"].email == ROLES[key].email
    assert f'value="{key}" aria-current="true"' in " ".join(answer.content.decode().split())


def test_a_citizen_has_no_account(demonstration):
    client = Client()
    client.post(CHANGE, {"role": "finance"})
    answer = client.post(CHANGE, {"role": "habitant"}, follow=True)
    assert "_auth_user_id" not in client.session
    assert answer.redirect_chain == [("/solde/", 302)]


def test_every_step_of_the_tour_opens_its_page_in_its_role(demonstration):
    assert len(steps()) == 8
    page = Client().get("/demonstration/").content.decode()
    for step in steps():
        answer = Client().post(CHANGE, {"role": step.role, "next": step.page}, follow=True)
        assert (answer.status_code, answer.redirect_chain[0]) == (200, (step.page, 302))
        assert step.figure in page
        assert any(letter.isdigit() for letter in step.figure)


def test_the_click_leads_to_no_other_site_and_needs_its_token(demonstration):
    answer = Client().post(CHANGE, {"role": "operateur", "next": "https://ailleurs.example/"})
    assert answer["Location"].startswith("/operateur/")
    assert Client().post(CHANGE, {"role": "personne"}).status_code == 404
    assert Client().get(CHANGE).status_code == 405
    assert Client(enforce_csrf_checks=True).post(CHANGE, {"role": "operateur"}).status_code == 403


def test_neither_exists_outside_a_demonstration(fresh_database):
    client = Client()
    assert client.post(CHANGE, {"role": "operateur"}).status_code == 404
    assert client.get(reverse("demonstration")).status_code == 404
    assert 'class="demo' not in client.get("/transparence/").content.decode()


def test_the_visitor_gets_a_booklet_and_uses_it_at_the_counter(demonstration):
    client = Client()
    page = client.post("/demonstration/carnet/", follow=True)
    booklet = page.context["booklet"]
    assert len(booklet["passes"]) == 10
    assert len(page.context["squares"]) == 10
    assert booklet["to_hand_out"]
    balance = client.get(f"/p/{booklet['cover']}")
    assert balance.status_code == 200

    choice = client.post(CHANGE, {"role": "guichet"}, follow=True)
    site = choice.context["sites"][0]
    till = reverse("counter", args=[site.actor_id, site.pk])
    seen = client.post(till, {"code": booklet["passes"][0]})
    (shown,) = seen.context["table"]
    wish = {"code": shown.code, "attempt": shown.attempt}
    service = seen.context["services"][0].pk
    done = client.post(
        reverse("counter_confirm", args=[site.actor_id, site.pk]), {**wish, "service": service}, follow=True
    )
    assert "C’est encaissé" in done.content.decode()
    assert client.get("/demonstration/").context["booklet"] == booklet


def test_where_nothing_signs_the_booklet_of_the_tour_is_typed(demonstration, monkeypatch):
    monkeypatch.setattr(codes, "_seeds", dict)
    client = Client()
    page = client.post("/demonstration/carnet/", follow=True)
    assert page.status_code == 200
    assert len(page.context["booklet"]["passes"]) == 10
    assert page.context["squares"] == []
