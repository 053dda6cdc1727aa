"""Devices: a telephone or computer that redeems at one site, paired by a link that works once.

A link lasts 15 minutes when it is shown on a screen, a day when it is mailed or printed.
"""

import itertools
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from aptic.accounts import rules, tokens
from aptic.accounts.errors import PairingInvalid
from aptic.accounts.models import Device
from aptic.audit.services import record
from aptic.outbox.services import post_email
from aptic.tenancy.principal import current

DEVICE_COOKIE = "aptic_device"
DEVICE_COOKIE_AGE = 400 * 24 * 3600  # seconds: the longest that browsers keep one


@dataclass(frozen=True, slots=True)
class PairedDevice:
    """The answer to a pairing: the token is shown to this caller and to nobody ever again."""

    device_id: uuid.UUID
    token: str


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What whoever holds a device's token, or the secret of its pairing, may know of it."""

    device_id: uuid.UUID
    name: str
    site_id: uuid.UUID


@transaction.atomic
def create_device(
    *,
    organisation_id: uuid.UUID,
    site_id: uuid.UUID,
    name: str,
    lifetime: timedelta = rules.PAIRING_LIFETIME,
    at: datetime | None = None,
) -> tuple[Device, str]:
    """A device of one site, and the one-time secret of its pairing link."""
    device = Device.objects.create(
        organisation_id=organisation_id, site_id=site_id, name=name.strip(), created_by_id=current().person_id
    )
    record(verb="device_created", target=device, organisation_id=organisation_id)
    return device, _new_secret(device, lifetime, at)


@transaction.atomic
def create_devices(
    *, organisation_id: uuid.UUID, site_id: uuid.UUID, name: str, count: int
) -> list[tuple[Device, str]]:
    """`count` devices of one site, « name 1 » to « name count » (beyond those there), with a link each for a day."""
    used = set(Device.objects.filter(site_id=site_id).values_list("name", flat=True))
    names = (f"{name.strip()} {number}" for number in itertools.count(1))
    free = itertools.islice((one for one in names if one not in used), count)
    return [
        create_device(organisation_id=organisation_id, site_id=site_id, name=one, lifetime=rules.PAIRING_SENT_LIFETIME)
        for one in free
    ]


@transaction.atomic
def renew_pairing(*, device: Device, lifetime: timedelta = rules.PAIRING_LIFETIME, at: datetime | None = None) -> str:
    """A new pairing secret; the former one dies, the token in use lives until somebody claims the new one.

    Raises PairingInvalid on a revoked device.
    """
    token = _new_secret(device, lifetime, at)
    record(verb="device_pairing_renewed", target=device, organisation_id=device.organisation_id)
    return token


@transaction.atomic
def send_pairing(*, device: Device, email: str, site: str, organisation: str) -> None:
    """Mail a new pairing link, good for a day. Raises PairingInvalid on a revoked device."""
    token = renew_pairing(device=device, lifetime=rules.PAIRING_SENT_LIFETIME)
    context = {"device": device.name, "site": site, "organisation": organisation, "url": pairing_url(token)}
    post_email(to=email, template="device_pairing", context=context, organisation_id=device.organisation_id)
    record(verb="device_link_sent", target=device, organisation_id=device.organisation_id)


def rename_device(*, device: Device, name: str) -> None:
    """Give a live device another name; silent when it bears it already."""
    name = name.strip()
    if Device.objects.live().filter(pk=device.pk).exclude(name=name).update(name=name):
        record(verb="device_renamed", target=device, fields=("name",), organisation_id=device.organisation_id)


def _new_secret(device: Device, lifetime: timedelta, at: datetime | None) -> str:
    token, digest = tokens.new_token(tokens.PAIRING)
    expires_at = (at or timezone.now()) + lifetime
    live = Device.objects.live().filter(pk=device.pk)
    if not live.update(pairing_digest=digest, pairing_expires_at=expires_at):
        raise PairingInvalid
    return token


def pairing_url(token: str) -> str:
    """The link that pairs whoever opens it and presses the button; made for a QR code."""
    return settings.PUBLIC_URL + reverse("pair_device", args=[token])


def find_pairing(token: str) -> KnownDevice:
    """The device that a pairing link is for, while it can be claimed. Raises PairingInvalid."""
    known = find_device(tokens.digest(token))
    if known is None:
        raise PairingInvalid
    return known


def find_device(digest: bytes) -> KnownDevice | None:
    """The live device whose token, or whose pairing secret, has this digest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, site_id FROM accounts_find_device(%s)", [digest])
        row = cursor.fetchone()
    return KnownDevice(*row) if row else None


def claim_pairing(token: str) -> PairedDevice:
    """Exchange a pairing secret for the device's token: of two simultaneous claims exactly one wins.

    Needs no principal: who holds the link is who the manager showed it to. Raises PairingInvalid.
    """
    device_token, digest = tokens.new_token(tokens.DEVICE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_claim_pairing(%s, %s)", [tokens.digest(token), digest])
        device_id = cursor.fetchone()[0]
    if device_id is None:
        raise PairingInvalid
    return PairedDevice(device_id, device_token)


def revoke_device(*, device: Device, at: datetime | None = None) -> None:
    """Refuse the device from its next request on; silent when it is revoked already."""
    live = Device.objects.live().filter(pk=device.pk)
    ended = {"revoked_at": at or timezone.now(), "revoked_by_id": current().person_id}
    if live.update(**ended, pairing_digest=None, pairing_expires_at=None):
        record(verb="device_revoked", target=device, organisation_id=device.organisation_id)
