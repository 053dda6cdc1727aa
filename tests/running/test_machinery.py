"""The operator's page about the machines, and the way to try a dead letter again."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.outbox.delivery import deliver_due, deliver_one
from aptic.outbox.models import Message
from aptic.outbox.services import post_message
from aptic.tenancy.principal import acting
from tests.factories import make_funder, make_operator


@pytest.fixture
def dead(db, monkeypatch) -> Message:
    """A letter that ten attempts could not deliver."""
    funder = make_funder()
    with acting(funder.principal):
        message = post_message(to="une@essai.example", subject="Objet", body="Corps")
    with monkeypatch.context() as patch:

        def no_route(*args: object) -> None:
            raise OSError("no route to host")

        patch.setattr("django.core.mail.EmailMessage.send", no_route)
        patch.setattr("aptic.outbox.delivery.GIVE_UP_AFTER", 1)
        deliver_one(message.pk)
    return message


def test_dead_letters_are_shown_and_can_be_tried_again(dead, django_assert_max_num_queries):
    operator = make_operator()
    client = operator.log_in(Client())
    address = reverse("operator_machinery", args=[operator.organisation.pk])
    with django_assert_max_num_queries(20):
        page = client.get(address).content.decode()
    assert "no route to host" in page
    assert "une@essai.example" not in page
    retry = reverse("operator_message_retry", args=[operator.organisation.pk, dead.pk])
    assert client.post(retry).url == address
    assert client.post(retry).status_code == 404  # not dead any more
    deliver_due()
    assert any(letter.to == ["une@essai.example"] for letter in mail.outbox)
    assert "Tout est parti" in client.get(address).content.decode()


def test_it_is_for_the_operators_managers(db):
    operator, agent, funder = make_operator(), make_operator(Role.AGENT), make_funder()
    address = reverse("operator_machinery", args=[operator.organisation.pk])
    assert agent.log_in(Client()).get(address).status_code == 403
    assert funder.log_in(Client()).get(address).status_code == 404
    with acting(operator.principal):
        record(verb="looked", target=None)
    assert operator.log_in(Client()).get(address).status_code == 200
