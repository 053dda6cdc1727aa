"""Devices: paired once by a link shown as a QR code, alive until revoked, standing at one site."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from aptic.accounts import devices
from aptic.accounts.api import enter_api_key
from aptic.accounts.errors import PairingInvalid
from aptic.accounts.models import Device
from aptic.accounts.tokens import digest
from aptic.audit.models import Event
from aptic.documents import qr
from aptic.tenancy.principal import Hat, Principal, acting
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.pg15


def manager(till: TestTill) -> Principal:
    return Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, role="manager")


def make_device(till: TestTill, **more: Any) -> tuple[Device, str]:
    with acting(manager(till)):
        return devices.create_device(
            organisation_id=till.site.actor_id, site_id=till.site.pk, name="Téléphone du guichet", **more
        )


@pytest.fixture
def till(db: None) -> TestTill:
    return make_till()


def test_a_device_pairs_by_its_link_and_redeems(till):
    _, secret = make_device(till)
    token = devices.claim_pairing(secret).token
    paired = TestTill(till.site, till.device, token)
    assert paired.redeem(code_of(make_batch())).status_code == 201


def test_pairing_is_in_the_trail_of_the_organisation(till):
    device, secret = make_device(till)
    devices.claim_pairing(secret)
    with acting(manager(till)):
        line = Event.objects.get(verb="device_paired")
    assert (line.organisation_id, line.object_id) == (till.site.actor_id, str(device.pk))


def test_the_link_serves_once(till):
    _, secret = make_device(till)
    devices.claim_pairing(secret)
    with pytest.raises(PairingInvalid):
        devices.claim_pairing(secret)


def test_the_link_lasts_fifteen_minutes(till):
    _, late = make_device(till, at=timezone.now() - timedelta(minutes=15, seconds=1))
    _, just = make_device(till, at=timezone.now() - timedelta(minutes=14))
    with pytest.raises(PairingInvalid):
        devices.claim_pairing(late)
    assert devices.claim_pairing(just).token


def test_a_new_link_ends_the_former_but_not_the_device_in_use(till):
    device, first = make_device(till)
    token = devices.claim_pairing(first).token
    with acting(manager(till)):
        second = devices.renew_pairing(device=device)
        third = devices.renew_pairing(device=device)
    with pytest.raises(PairingInvalid):
        devices.claim_pairing(second)
    batch = make_batch()
    assert TestTill(till.site, device, token).redeem(code_of(batch)).status_code == 201
    other = devices.claim_pairing(third).token
    assert TestTill(till.site, device, token).redeem(code_of(batch, position=2)).status_code == 401
    assert TestTill(till.site, device, other).redeem(code_of(batch, position=2)).status_code == 201


def test_a_revoked_device_is_refused_at_once_and_for_ever(till):
    device, secret = make_device(till)
    token = devices.claim_pairing(secret).token
    with acting(manager(till)):
        again = devices.renew_pairing(device=device)
        devices.revoke_device(device=device)
        with pytest.raises(PairingInvalid):
            devices.renew_pairing(device=device)
    assert TestTill(till.site, device, token).redeem(code_of(make_batch())).status_code == 401
    with pytest.raises(PairingInvalid):
        devices.claim_pairing(again)


def test_only_hashes_are_kept(till):
    device, secret = make_device(till)
    token = devices.claim_pairing(secret).token
    with acting(manager(till)):
        pending = devices.renew_pairing(device=device)
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(d::text, '') FROM accounts_device d")
            kept = cursor.fetchone()[0]
    assert not [each for each in (secret, token, pending) if each in kept]


def test_a_devices_token_is_no_api_key(till):
    assert enter_api_key(digest(till.token)) is None


def test_of_many_phones_at_once_one_is_paired(fresh_database, together):
    _, secret = make_device(make_till())
    answers = together(6, lambda _: devices.claim_pairing(secret))
    assert sum(isinstance(answer, devices.PairedDevice) for answer in answers) == 1
    assert sum(isinstance(answer, PairingInvalid) for answer in answers) == 5


def test_opening_the_link_pairs_nothing_and_the_button_does(till, settings):
    device, secret = make_device(till)
    address = devices.pairing_url(secret).removeprefix(settings.PUBLIC_URL)
    client = Client()
    assert "Associer cet appareil" in client.get(address).content.decode()
    answer = client.post(address)
    assert answer.url == "/guichet/"
    cookie = client.cookies["aptic_device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    with acting(manager(till)):
        assert bytes(Device.objects.get(pk=device.pk).digest) == digest(cookie.value)
    refused = client.post(address)
    assert refused.status_code == 404
    assert "15 minutes" in refused.content.decode()


def test_the_link_fits_a_qr_code_that_a_phone_reads(till):
    _, secret = make_device(till)
    _, side = qr.path(devices.pairing_url(secret))
    assert side <= 49  # version 8 at most, quiet zone included


def test_nobody_pairs_a_device_for_another_organisation(till):
    other = make_till()
    device, _ = make_device(other)
    with acting(manager(till)), pytest.raises(PairingInvalid):
        devices.renew_pairing(device=device)
    with acting(manager(till)):
        devices.revoke_device(device=device)
    with acting(manager(other)):
        assert Device.objects.get(pk=device.pk).revoked_at is None
