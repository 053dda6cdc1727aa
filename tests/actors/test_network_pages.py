"""An actor's pages: sites, counter staff, devices, bank account; what each role sees, what strangers do not."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors import bank_accounts, sites
from actors.models import BankAccount, Site, SiteStaff
from aptic.accounts.models import Device, Invitation, Role
from aptic.tenancy.principal import acting
from tests.actors.network import IBAN, commune, make_actor
from tests.factories import OPERATOR, make_operator
from tests.qualification.world import LIBOURNE

pytestmark = pytest.mark.django_db

SITE = {"name": "Permanence", "address": "2 rue", "commune": "Bègles", "phone": "05 00 00 00 00", "services": ["1"]}


@pytest.fixture
def actor(client):
    network = make_actor()
    network.manager.log_in(client)
    return network


def url(name, actor, *args):
    return reverse(name, args=[actor.organisation.pk, *args])


ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # its digits say nothing, though they may look like it


def text(response):
    return ID.sub("", response.content.decode().replace("\xa0", " "))


def test_a_site_is_opened_changed_closed_and_opened_again(client, actor):
    response = client.post(url("actor_site_open", actor), SITE)
    assert response.status_code == 302
    page = text(client.get(response.url))
    assert "05 00 00 00 00" in page
    assert "Aide aux démarches administratives" in page
    with acting(OPERATOR):
        site = Site.objects.get(name="Permanence")
    edit = url("actor_site_edit", actor, site.pk)
    assert 'value="Bègles (33130)"' in text(client.get(edit))
    assert client.post(edit, SITE | {"hours": "Jeudi 14 h-17 h"}).status_code == 302
    assert "Jeudi 14 h-17 h" in text(client.get(response.url))
    close = url("actor_site_close", actor, site.pk)
    assert "à corriger" in text(client.post(close, {"reason": " "}))
    assert client.post(close, {"reason": "Travaux."}).status_code == 302
    assert "Motif : Travaux." in text(client.get(response.url))
    assert client.post(url("actor_site_reopen", actor, site.pk)).status_code == 302
    assert "Fermer ce lieu" in text(client.get(response.url))


def test_another_territory_is_explained_on_the_form(client, actor):
    page = text(client.post(url("actor_site_open", actor), SITE | {"commune": "Libourne"}))
    assert "n’a pas de place dans ce territoire" in page
    assert "Demandez à l’opérateur" in page
    assert LIBOURNE not in text(client.get(url("actor_sites", actor)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"commune": "Nulle part"}, "Nous ne connaissons pas"),
        ({"phone": "0"}, "Écrivez un numéro"),
        ({"name": ""}, "Nom du lieu"),
        ({"services": ["101"]}, "Services proposés"),
    ],
)
def test_a_mistake_is_said_beside_its_question(client, actor, wrong, said):
    page = text(client.post(url("actor_site_open", actor), SITE | wrong))
    assert "Un point est à corriger" in page
    assert said in page


def test_what_the_operator_closed_says_whom_to_call(client, actor):
    with acting(make_operator().principal):
        sites.close_site(site=actor.site, reason="Adresse introuvable.")
    page = text(client.get(url("actor_site", actor, actor.site.pk)))
    assert "Lui seul peut le rouvrir" in page
    assert "Rouvrir ce lieu" not in page
    assert client.post(url("actor_site_reopen", actor, actor.site.pk)).status_code == 403


def test_a_scanner_is_invited_and_given_its_sites(client, actor):
    address = url("actor_staff", actor)
    assert "Personne au guichet seulement" in text(client.get(address))
    assert client.post(address, {"email": "benevole@essai.example"}).status_code == 302
    assert "benevole@essai.example" in text(client.get(address))
    with acting(OPERATOR):
        assert Invitation.objects.get(email="benevole@essai.example").role == Role.SCANNER
    scanner = actor.member(Role.SCANNER, name="Dominique Guichet")
    assert "aucun : n’encaisse nulle part" in text(client.get(address))
    change = url("actor_staff_sites", actor, scanner.membership.pk)
    assert client.post(change, {"sites": [str(actor.site.pk)]}).status_code == 302
    assert actor.site.name in text(client.get(address))
    assert client.post(change, {"sites": [str(make_actor().site.pk)]}).status_code == 200
    assert client.post(change, {}).status_code == 302
    with acting(OPERATOR):
        assert not SiteStaff.objects.exists()
    assert client.get(url("actor_staff_sites", actor, actor.manager.membership.pk)).status_code == 404


def test_a_device_is_paired_by_its_code_and_stopped(client, actor):
    address = url("actor_devices", actor)
    assert "Aucun appareil pour l’instant" in text(client.get(address))
    response = client.post(address, {"site": actor.site.pk, "name": "Tablette"})
    assert response.headers["Cache-Control"].startswith("max-age=0")
    page = text(response)
    assert "data:image/svg+xml" in page
    link = re.search(r'href="(http[^"]*/appareil/[^"]+)"', page)[1]
    assert "à associer" in text(client.get(address))
    counter = Client()
    path = "/" + link.split("/", 3)[3]
    assert counter.post(path).status_code == 302
    assert "associé" in text(client.get(address))
    assert counter.post(path).status_code == 404  # it works once
    with acting(OPERATOR):
        device = Device.objects.get()
    assert (device.site_id, device.organisation_id) == (actor.site.pk, actor.organisation.pk)
    assert "data:image/svg+xml" in text(client.post(url("actor_device_pair", actor, device.pk)))
    revoke = url("actor_device_revoke", actor, device.pk)
    assert "Arrêter cet appareil ?" in text(client.get(revoke))
    assert client.post(revoke).status_code == 302
    assert "Aucun appareil pour l’instant" in text(client.get(address))
    assert client.post(revoke).status_code == 404


def test_a_device_stands_at_an_open_site_of_its_own(client, actor):
    with acting(actor.manager.principal):
        sites.close_site(site=actor.site, reason="Travaux.")
    for site in (actor.site, make_actor().site):
        response = client.post(url("actor_devices", actor), {"site": site.pk, "name": "Tablette"})
        assert "à corriger" in text(response)
    with acting(OPERATOR):
        assert not Device.objects.exists()


def test_a_bank_account_is_proposed_and_never_read_again(client, actor):
    address = url("actor_bank_account", actor)
    assert "attend ce compte" in text(client.get(address))
    spaced = "FR76 3000 6000 0112 3456 7890 189"
    data = {"holder": "Association d’essai", "iban": spaced, "bic": "agrifrpp"}
    assert client.post(address, data).status_code == 302
    page = text(client.get(address))
    assert "à approuver" in page
    assert "0189" in page
    assert "30006" not in page.replace("FR76 3000 6000 0112 3456 7890 189", "")  # but for the example of the hint
    assert IBAN not in page
    assert client.post(url("actor_bank_account_withdraw", actor)).status_code == 302
    assert client.post(url("actor_bank_account_withdraw", actor)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"iban": "FR06 3000 6000 0112 3456 7890 188"}, "La clé RIB"),
        ({"iban": "FR77 3000 6000 0112 3456 7890 189"}, "sa clé de contrôle ne correspond pas"),
        ({"iban": "FR76 3000"}, "vous en avez écrit 8"),
        ({"bic": "NON"}, "Ce BIC n’est pas valable"),
        ({"holder": ""}, "Titulaire du compte"),
    ],
)
def test_wrong_bank_details_are_explained(client, actor, wrong, said):
    data = {"holder": "Association d’essai", "iban": IBAN, "bic": "", **wrong}
    page = text(client.post(url("actor_bank_account", actor), data))
    assert "Un point est à corriger" in page
    assert said in page
    with acting(OPERATOR):
        assert not BankAccount.objects.exists()


def test_each_role_finds_its_pages(client, actor):
    pages = {
        "actor_sites": {Role.MANAGER, Role.AGENT, Role.FINANCE},
        "actor_site_open": {Role.MANAGER, Role.AGENT},
        "actor_staff": {Role.MANAGER},
        "actor_devices": {Role.MANAGER},
        "actor_bank_account": {Role.MANAGER, Role.FINANCE},
    }
    for role in Role:
        actor.member(role).log_in(client)
        for name, allowed in pages.items():
            expected = 200 if role in allowed else 403
            assert client.get(url(name, actor)).status_code == expected, (role, name)
    finance = actor.member(Role.FINANCE)
    finance.log_in(client)
    page = text(client.get(url("actor_sites", actor)))
    assert "Ouvrir un lieu" not in page
    assert "Banque" in page
    assert "Appareils</a>" not in page


def test_another_actor_finds_nothing(client, actor):
    other = make_actor()
    with acting(OPERATOR):
        assert not Device.objects.exists()
    for name in ("actor_site", "actor_site_edit", "actor_site_close"):
        assert client.get(url(name, actor, other.site.pk)).status_code == 404
        assert client.get(url(name, other, other.site.pk)).status_code == 404
    assert client.post(url("actor_site_reopen", actor, other.site.pk)).status_code == 404
    scanner = other.member(Role.SCANNER)
    assert client.get(url("actor_staff_sites", actor, scanner.membership.pk)).status_code == 404
    for name in ("actor_sites", "actor_staff", "actor_devices", "actor_bank_account"):
        assert client.get(url(name, other)).status_code == 404
        assert other.site.name not in text(client.get(url(name, actor)))


def counted(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_cost_the_same_queries_however_long(client, actor):
    scanner = actor.member(Role.SCANNER)
    client.post(url("actor_staff_sites", actor, scanner.membership.pk), {"sites": [str(actor.site.pk)]})
    client.post(url("actor_devices", actor), {"site": actor.site.pk, "name": "Tablette"})
    with acting(actor.manager.principal):
        bank_accounts.propose_bank_account(actor=actor.organisation, holder="Essai", iban=IBAN)
    pages = {
        url("actor_sites", actor): 16,
        url("actor_site", actor, actor.site.pk): 16,
        url("actor_staff", actor): 17,
        url("actor_devices", actor): 17,
        url("actor_bank_account", actor): 14,
    }
    before = {address: counted(client, address) for address in pages}
    places = [str(actor.site.pk)]
    with acting(actor.manager.principal):
        for n in range(5):
            site = sites.open_site(
                actor=actor.organisation, name=f"Lieu {n}", address="1", commune=commune(), phone="0500000000"
            )
            places.append(str(site.pk))
    for n in range(3):
        more = actor.member(Role.SCANNER)
        client.post(url("actor_staff_sites", actor, more.membership.pk), {"sites": places})
        client.post(url("actor_devices", actor), {"site": places[n], "name": f"Tablette {n}"})
    assert {address: counted(client, address) for address in pages} == before
    assert {address: count for address, count in before.items() if count > pages[address]} == {}
