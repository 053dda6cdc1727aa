"""Guessing codes: counted per device or person, told once, and never in the way of a real pass."""

import json
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client

from aptic.accounts import devices
from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.models import Role
from aptic.accounts.second_factor import record_second_factor
from aptic.audit.models import Event
from aptic.documents.crypto import decrypt_text
from aptic.outbox.models import Message
from aptic.outbox.services import email_context
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from passes import guessing
from tests.factories import OPERATOR, Member, make_distributor, make_member, make_operator
from tests.passes.world import SLUG, TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
FALSE = "7Q2K9XM4T8WAVN3C"
LIMIT = guessing.LIMITS["device"].failures


@pytest.fixture
def till() -> TestTill:
    operator = make_operator().organisation
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(email="operateur@essai.example")
    return make_till()


@pytest.fixture
def manager(till: TestTill) -> Member:
    return make_member(till.site.actor, Hat.ACTOR, Role.MANAGER)


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def guess(client: Client, till: TestTill, times: int = LIMIT) -> int:
    """The status of the last of so many false codes at the counter."""
    return [client.post(base(till), {"code": FALSE}).status_code for _ in range(times)][-1]


def letters() -> list[tuple[str, dict[str, Any]]]:
    """(to, context) of each letter."""
    with acting(OPERATOR):
        found = list(Message.objects.order_by("created_at"))
    opened = [json.loads(decrypt_text(one.payload["sealed"], context=email_context(one.pk))) for one in found]
    return [(one["to"], one["context"]) for one in opened if one["template"] == "guessing_alert"]


def alerts() -> list[tuple[str, str]]:
    with acting(OPERATOR):
        return list(Event.objects.filter(verb="false_codes_alert").values_list("object_type", "object_id"))


def test_sixty_false_codes_on_a_device_are_told_once(tablet: Client, till: TestTill, manager: Member) -> None:
    assert guess(tablet, till, LIMIT - 1) == 404
    assert letters() == []
    assert guess(tablet, till, 1) == 404
    assert guess(tablet, till, 3) == 429
    assert alerts() == [("accounts.device", str(till.device.pk))]
    assert sorted(to for to, _ in letters()) == sorted([manager.user.email, "operateur@essai.example"])
    context = letters()[0][1]
    assert (context["who"], context["place"], context["count"]) == ("Tablette", till.site.name, 60)


def test_a_real_pass_passes_whatever_was_tried(tablet: Client, till: TestTill) -> None:
    batch = make_batch()
    guess(tablet, till, LIMIT + 1)
    assert "Ce pass est valable" in tablet.post(base(till), {"code": code_of(batch)}).content.decode()
    assert till.redeem(code_of(batch)).status_code == 201


def test_a_neighbour_on_the_same_address_goes_on(tablet: Client, till: TestTill, manager: Member) -> None:
    sibling = make_till(actor=till.site.actor)
    beside = Client()
    beside.cookies[DEVICE_COOKIE] = sibling.token
    guess(tablet, till, LIMIT + 1)
    assert guess(beside, sibling, 1) == 404
    assert guess(manager.log_in(Client()), till, 1) == 404


def test_the_page_says_how_to_start_anew(tablet: Client, till: TestTill, manager: Member) -> None:
    guess(tablet, till)
    page = tablet.post(base(till), {"code": FALSE}).content.decode()
    assert "associer de nouveau cet appareil" in page
    person = manager.log_in(Client())
    guess(person, till)
    page = person.post(base(till), {"code": FALSE}).content.decode()
    assert f"/compte/reauthenticate/?next={base(till)}" in page
    assert "associer de nouveau" not in page


def test_a_person_starts_anew_by_proving_who_they_are(till: TestTill, manager: Member, monkeypatch: Any) -> None:
    person = manager.log_in(Client())
    assert guess(person, till, LIMIT + 1) == 429
    assert alerts() == [("accounts.user", str(manager.user.pk))]
    later = time.time() + 5
    monkeypatch.setattr(time, "time", lambda: later)
    session = person.session
    record_second_factor(session, manager.user, how="totp")
    session.save()
    assert guess(person, till, LIMIT - 1) == 404
    assert len(alerts()) == 1
    assert guess(person, till, 2) == 429
    assert len(alerts()) == 2


def test_a_proof_of_before_does_not_count(till: TestTill, manager: Member) -> None:
    person = manager.log_in(Client())  # its second factor was given before the first false code
    guess(person, till)
    assert guess(person, till, 2) == 429


def test_a_device_starts_anew_when_it_is_paired_again(tablet: Client, till: TestTill) -> None:
    assert guess(tablet, till, LIMIT + 1) == 429
    with acting(OPERATOR):
        secret = devices.renew_pairing(device=till.device)
    tablet.post("/" + devices.pairing_url(secret).split("/", 3)[3])
    assert guess(tablet, till, 1) == 404


def test_the_api_and_the_page_count_together(tablet: Client, till: TestTill, manager: Member) -> None:
    guess(tablet, till, LIMIT - 2)
    assert till.redeem(FALSE).status_code == 404
    line = {"id": "0d5c5f4e-7a52-4a0e-9c4b-5f0e6d1d8a11", "code": FALSE, "service": SLUG}
    assert till.post("redemptions/batch/", {"redemptions": [line]}).status_code == 200
    assert till.redeem(FALSE).status_code == 429
    assert len(alerts()) == 1
    assert len(letters()) == 2


def test_the_operators_desk_and_others_tell_their_own(till: TestTill) -> None:
    ccas = make_distributor(role=Role.MANAGER)
    client = ccas.log_in(Client())
    for _ in range(LIMIT):
        client.post(f"/aiguilleur/{ccas.organisation.pk}/remettre/", {"code": FALSE})
    assert alerts() == [("accounts.user", str(ccas.user.pk))]
    assert {to for to, _ in letters()} == {ccas.user.email, "operateur@essai.example"}


def test_the_letter_reads_in_plain_french() -> None:
    common = {"organisation": "Port d’attache", "place": "Médiathèque", "count": 60, "minutes": 10, "address": "/x/",
              "scheme": "Aptic", "public_url": "http://x", "name": ""}  # fmt: skip
    device = render_to_string("mail/guessing_alert.txt", {**common, "who": "Tablette", "is_device": True})
    person = render_to_string("mail/guessing_alert.txt", {**common, "who": "Camille", "is_device": False})
    assert "L’appareil «\u00a0Tablette\u00a0» (Port d’attache, Médiathèque) a essayé 60 codes faux" in device
    assert "http://x/x/" in device
    assert "se connectant de nouveau" in person


def test_keys_in_valkey_name_nobody(tablet: Client, till: TestTill) -> None:
    guess(tablet, till)
    assert cache.get(guessing._name("device", till.token)) is None
    assert till.token not in guessing._name("device", till.token)
