"""Setting a counter up: one link or thirty, by screen, mail or paper; renamed, paired again, stopped, remembered."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from aptic.accounts import devices, rules
from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.errors import PairingInvalid
from aptic.accounts.models import Device, Role
from aptic.audit.models import Event
from aptic.documents.crypto import decrypt_text
from aptic.outbox.models import Message
from aptic.outbox.services import email_context
from aptic.tenancy.principal import Hat, acting
from tests.factories import OPERATOR, Member, make_member
from tests.passes.world import TestTill, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> TestTill:
    return make_till()


@pytest.fixture
def manager(till: TestTill) -> Member:
    return make_member(till.site.actor, Hat.ACTOR, Role.MANAGER, name="Amina Diallo")


@pytest.fixture
def browser(client: Client, manager: Member) -> Client:
    return manager.log_in(client)


def url(till: TestTill, *more: Any) -> str:
    return "/".join([f"/acteur/{till.site.actor_id}/appareils", *map(str, more), ""])


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " "))


def verbs(till: TestTill) -> list[str]:
    with acting(OPERATOR):
        found = Event.objects.filter(organisation_id=till.site.actor_id, object_type="accounts.device")
        return list(found.order_by("pk").values_list("verb", flat=True))


def mailed() -> dict[str, Any]:
    """What the last message says, opened as its worker would."""
    with acting(OPERATOR):
        message = Message.objects.order_by("-created_at").first()
    assert message is not None
    return json.loads(decrypt_text(message.payload["sealed"], context=email_context(message.pk)))


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


# --- one device -----------------------------------------------------------------------------------------------------


def test_the_link_goes_by_mail_for_a_day_and_ends_the_one_shown(browser, till):
    page = text_and_link(browser.post(url(till), {"site": till.site.pk, "name": "Tablette", "count": 1}))
    with acting(OPERATOR):
        device = Device.objects.get(name="Tablette", paired_at=None)
    answer = browser.post(url(till, device.pk, "envoyer"), {"email": "benevole@essai.example"}, follow=True)
    assert "pendant un jour" in text(answer)
    letter = mailed()
    assert (letter["to"], letter["template"]) == ("benevole@essai.example", "device_pairing")
    assert letter["context"]["site"] == till.site.name
    assert Client().get(path_of(page)).status_code == 404
    assert Client().post(path_of(letter["context"]["url"])).status_code == 302
    with acting(OPERATOR):
        device.refresh_from_db()
    assert device.paired_at is not None
    assert verbs(till) == ["device_created", "device_pairing_renewed", "device_link_sent", "device_paired"]


def text_and_link(response: Any) -> str:
    return re.search(r'href="(http[^"]*/appareil/[^"]+)"', response.content.decode())[1]


def test_the_mail_reads_in_plain_french(till, manager):
    context = {"organisation": "Port d’attache", "site": "Médiathèque", "device": "Tablette 1", "url": "http://x/y",
               "scheme": "Aptic", "public_url": "http://x", "name": ""}  # fmt: skip
    body = render_to_string("mail/device_pairing.txt", context)
    for words in ("Port d’attache vous confie un guichet", "«\u00a0Médiathèque\u00a0»", "http://x/y", "un jour"):
        assert words in body


def test_pairing_again_says_first_that_what_the_former_device_noted_stays_there(browser, till):
    words = "ce qui n’est pas parti y attend qu’il soit associé de nouveau"
    assert words in text(browser.get(url(till, till.device.pk)))
    assert words in text(browser.post(url(till, till.device.pk, "associer")))
    with acting(OPERATOR):
        fresh, _ = devices.create_device(organisation_id=till.site.actor_id, site_id=till.site.pk, name="Neuve")
    assert words not in text(browser.get(url(till, fresh.pk)))


def test_a_wrong_address_is_said_beside_its_question(browser, till):
    answer = browser.post(url(till, till.device.pk, "envoyer"), {"email": "personne"})
    assert answer.status_code == 200
    assert "à corriger" in text(answer)
    with acting(OPERATOR):
        assert not Message.objects.exists()


def test_a_device_is_renamed_in_the_trail_once(browser, till):
    for _ in range(2):
        browser.post(url(till, till.device.pk), {"name": " Tablette du hall "})
    with acting(OPERATOR):
        assert Device.objects.get().name == "Tablette du hall"
    assert verbs(till) == ["device_renamed"]
    assert "Tablette du hall" in text(browser.get(url(till)))


def test_a_stopped_device_stays_in_the_list_with_who_and_when(browser, till):
    browser.post(url(till, till.device.pk, "arreter"))
    page = text(browser.get(url(till)))
    assert "Appareils arrêtés" in page
    assert "par Amina Diallo" in page
    for address in (url(till, till.device.pk), url(till, till.device.pk, "arreter")):
        assert browser.get(address).status_code == 404
    assert browser.post(url(till, till.device.pk, "envoyer"), {"email": "a@essai.example"}).status_code == 404


def test_who_stopped_a_device_that_was_not_is_refused_by_the_database(till, manager):
    with acting(OPERATOR), pytest.raises(IntegrityError, match="device_revoked_by_iff_dated"), transaction.atomic():
        Device.objects.update(revoked_by=manager.user)


def test_the_state_says_whether_the_link_still_works(browser, till):
    with acting(OPERATOR):
        devices.create_device(
            organisation_id=till.site.actor_id, site_id=till.site.pk, name="Ancienne",
            at=timezone.now() - timedelta(hours=1),
        )  # fmt: skip
    page = text(browser.get(url(till)))
    assert "à associer son lien a expiré" in page
    assert "associé le" in page


# --- several --------------------------------------------------------------------------------------------------------


def test_twenty_volunteers_get_a_sheet_of_codes_each_of_which_works_once(browser, till):
    page = browser.post(url(till), {"site": till.site.pk, "name": "Tablette", "count": 20})
    assert page.content.decode().count("data:image/svg+xml") == 20
    assert page["Cache-Control"].startswith("max-age=0")
    assert "Tablette 20" in text(page)
    with acting(OPERATOR):
        made = Device.objects.filter(paired_at=None)
        assert sorted(made.values_list("name", flat=True)) == sorted(f"Tablette {n}" for n in range(1, 21))
        ends = set(made.values_list("pairing_expires_at", flat=True))
        assert min(ends) > timezone.now() + timedelta(hours=23)


def test_the_next_ones_are_numbered_on(browser, till):
    with acting(OPERATOR):
        to = {"organisation_id": till.site.actor_id, "site_id": till.site.pk, "name": "Tablette"}
        devices.create_devices(**to, count=2)
        made = devices.create_devices(**to, count=2)
    assert [device.name for device, _ in made] == ["Tablette 3", "Tablette 4"]


def test_nobody_asks_for_more_than_thirty(browser, till):
    page = browser.post(url(till), {"site": till.site.pk, "name": "Tablette", "count": rules.MOST_DEVICES + 1})
    assert "à corriger" in text(page)
    with acting(OPERATOR):
        assert Device.objects.count() == 1


def test_the_list_costs_the_same_however_long(browser, till, django_assert_num_queries):
    browser.post(url(till, till.device.pk, "arreter"))
    for count in (1, 5):
        browser.post(url(till), {"site": till.site.pk, "name": f"Poste {count}", "count": count})
        with django_assert_num_queries(17):
            browser.get(url(till))


# --- the link -------------------------------------------------------------------------------------------------------


def link_for(till: TestTill, name: str = "Tablette neuve") -> str:
    with acting(OPERATOR):
        _, secret = devices.create_device(organisation_id=till.site.actor_id, site_id=till.site.pk, name=name)
    return path_of(devices.pairing_url(secret))


def test_the_link_says_for_which_site_and_the_counter_opens_at_once(till):
    client, link = Client(), link_for(till)
    page = text(client.get(link))
    for words in (till.site.name, till.site.commune.name, till.site.actor.name, "Tablette neuve"):
        assert words in page
    counter = text(client.post(link, follow=True))
    assert f"Cet appareil encaisse pour « {till.site.name} »" in counter
    assert "Encaisser un pass" in counter


def test_a_device_of_another_site_is_warned_before_it_changes(till):
    other, client = make_till(), Client()
    client.cookies[DEVICE_COOKIE] = other.token
    link = link_for(till)
    assert "Cet appareil encaisse aujourd’hui pour" in text(client.get(link))
    asked = client.post(link)  # the form of a page that a mail opened, without the cookie, did not know
    assert asked.status_code == 409
    assert client.cookies[DEVICE_COOKIE].value == other.token
    done = client.post(link, {"former": other.site.pk}, follow=True)
    assert f"Cet appareil encaisse pour « {till.site.name} »" in text(done)


def test_a_device_of_the_same_site_is_not_asked_twice(till):
    client = Client()
    client.cookies[DEVICE_COOKIE] = till.token
    assert client.post(link_for(till)).status_code == 302


def test_an_old_link_says_so_before_the_button(till):
    with acting(OPERATOR):
        _, secret = devices.create_device(
            organisation_id=till.site.actor_id, site_id=till.site.pk, name="x", at=timezone.now() - timedelta(hours=1)
        )
    assert Client().get(path_of(devices.pairing_url(secret))).status_code == 404
    with pytest.raises(PairingInvalid):
        devices.find_pairing("app_nobody")


def test_a_secret_shows_its_own_device_only(till):
    assert devices.find_device(b"nothing") is None
    with acting(OPERATOR):
        Device.objects.update(revoked_at=timezone.now())
    client = Client()
    client.cookies[DEVICE_COOKIE] = till.token
    fresh = make_till()
    assert "aujourd’hui pour" not in text(client.get(link_for(fresh)))  # a stopped device stands nowhere


def test_another_actors_devices_do_not_exist(browser, till):
    other = make_till()
    for more in ((other.device.pk,), (other.device.pk, "envoyer"), (other.device.pk, "associer")):
        answer = browser.post(url(till, *more), {"email": "a@essai.example", "name": "x"})
        assert answer.status_code == 404, more
