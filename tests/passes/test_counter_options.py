"""The counter's settings: which device and site this is, whom to call, and the way to training."""

import re
from typing import Any

import pytest
from django.test import Client

from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.models import Role
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from tests.factories import OPERATOR, make_member, make_operator
from tests.passes.world import TestTill, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> TestTill:
    operator = make_operator().organisation
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(phone="0556000002")
    return make_till()


def address(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/reglages/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " "))


def test_a_device_reads_its_name_its_site_and_whom_to_call(till: TestTill, django_assert_num_queries: Any) -> None:
    tablet = Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    tablet.get(address(till))
    with django_assert_num_queries(10):
        answer = tablet.get(address(till))
    page = text(answer)
    for words in ("Tablette", till.site.name, "non : le guichet demande de confirmer", "Version 1.", "S’entraîner"):
        assert words in page
    assert 'href="tel:+33556000002"' in answer.content.decode()
    assert 'aria-current="page">Réglages' in answer.content.decode()


def test_the_quick_mode_is_said_as_the_site_has_it(till: TestTill) -> None:
    with acting(OPERATOR):
        till.site.quick_mode = True
        till.site.save()
    tablet = Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    assert "oui : un pass valable scanné est encaissé tout de suite" in text(tablet.get(address(till)))


def test_a_person_is_there_with_an_account_and_strangers_are_not(till: TestTill, client: Client) -> None:
    agent = make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    agent.log_in(client)
    assert "vous y êtes avec votre compte" in text(client.get(address(till)))
    assert client.get(address(make_till())).status_code == 404
