"""The operator's pages about hubs: registered, given a territory, taken back, their people invited."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aptic.accounts.models import Invitation, Role
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from tests.factories import OPERATOR, make_funder, make_operator, make_siret
from tests.qualification.hubs import GIRONDE, METROPOLE, begin, bought, consent, make_hub

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    member = make_operator()
    member.log_in(client)
    return member


def url(name, member, *rest):
    return reverse(name, args=[member.organisation.pk, *rest])


def text(response):
    return response.content.decode().replace("\xa0", " ")


def test_a_hub_is_registered_then_given_its_territory(client, operator):
    assert "Aucune tête de réseau pour l’instant" in text(client.get(url("operator_hubs", operator)))
    data = {"name": "Hub du Sud", "siret": make_siret(), "commune": "Bègles", "email": "hub@essai.example",
            "manager_email": "camille@essai.example"}  # fmt: skip
    assert "à corriger" in text(client.post(url("operator_hub_create", operator), {**data, "siret": "123"}))
    answer = client.post(url("operator_hub_create", operator), data)
    with acting(OPERATOR):
        hub = Organisation.objects.with_hat(Hat.HUB).get()
    assert answer.url == url("operator_hub_territory", operator, hub.pk)
    assert "Aucun : elle ne lit rien." in text(client.get(url("operator_hub", operator, hub.pk)))
    assert "Confier un territoire à Hub du Sud" in text(client.get(answer.url))
    assert "à corriger" in text(client.post(answer.url, {"commune": "zzz", "level": "epci"}))
    assert client.post(answer.url, {"commune": "Bègles", "level": "departement"}).status_code == 302
    page = text(client.get(url("operator_hub", operator, hub.pk)))
    assert "Gironde (33)" in page
    assert "a déjà un territoire" in text(client.post(answer.url, {"commune": "Bègles", "level": "epci"}))
    listed = text(client.get(url("operator_hubs", operator)))
    assert "Gironde (33)" in listed
    assert "Aucun nom ne commence ainsi" in text(client.get(url("operator_hubs", operator), {"q": "zzz"}))


def test_the_page_tells_plan_consents_and_history_and_takes_back(client, operator):
    hub, funder = make_hub(METROPOLE), make_funder()
    begin(hub)
    bought(funder)
    consent(funder, hub)
    address = url("operator_hub", operator, hub.organisation.pk)
    page = text(client.get(address))
    for words in ("Bordeaux Métropole", "Plan ouvert le", funder.organisation.name, hub.user.full_name):
        assert words in page
    back = url("operator_hub_withdraw", operator, hub.organisation.pk)
    assert "Reprendre ce territoire ?" in text(client.get(back))
    assert client.post(back).status_code == 302
    page = text(client.get(address))
    assert "Aucun : elle ne lit rien." in page
    assert "sans effet depuis" in page
    assert client.get(back).status_code == 404


def test_somebody_is_invited_to_run_it(client, operator):
    hub = make_hub()
    address = url("operator_hub_invite", operator, hub.organisation.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {"email": "nouvelle@essai.example"}).status_code == 302
    with acting(OPERATOR):
        assert Invitation.objects.filter(email="nouvelle@essai.example", role=Role.MANAGER).exists()
    assert "à corriger" in text(client.post(address, {"email": hub.user.email}))  # is there already


def test_who_does_not_decide_reads(client, operator):
    hub = make_hub()
    finance = make_operator(Role.FINANCE)
    finance.log_in(client)
    page = text(client.get(url("operator_hub", finance, hub.organisation.pk)))
    assert "Reprendre ce territoire" not in page
    assert "Nouvelle tête de réseau" not in text(client.get(url("operator_hubs", finance)))
    for name in ("operator_hub_territory", "operator_hub_withdraw", "operator_hub_invite"):
        assert client.post(url(name, finance, hub.organisation.pk)).status_code == 403
    assert client.post(url("operator_hub_create", finance)).status_code == 403


def test_the_list_costs_the_same_however_long(client, operator):
    make_hub(GIRONDE)
    with CaptureQueriesContext(connection) as before:
        client.get(url("operator_hubs", operator))
    for _ in range(5):
        make_hub(GIRONDE)
    with CaptureQueriesContext(connection) as after:
        client.get(url("operator_hubs", operator))
    assert len(after) == len(before) <= 16
