"""Devices: a telephone or computer that redeems at one site, paired by a link that works once for 15 minutes."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from aptic.accounts import rules, tokens
from aptic.accounts.errors import PairingInvalid
from aptic.accounts.models import Device
from aptic.audit.services import record
from aptic.tenancy.principal import current

DEVICE_COOKIE = "aptic_device"
DEVICE_COOKIE_AGE = 400 * 24 * 3600  # seconds: the longest that browsers keep one


@dataclass(frozen=True, slots=True)
class PairedDevice:
    """The answer to a pairing: the token is shown to this caller and to nobody ever again."""

    device_id: uuid.UUID
    token: str


@transaction.atomic
def create_device(
    *, organisation_id: uuid.UUID, site_id: uuid.UUID, name: str, at: datetime | None = None
) -> tuple[Device, str]:
    """A device of one site, and the one-time secret of its pairing link (15 minutes)."""
    device = Device.objects.create(
        organisation_id=organisation_id, site_id=site_id, name=name.strip(), created_by_id=current().person_id
    )
    record(verb="device_created", target=device, organisation_id=organisation_id)
    return device, renew_pairing(device=device, at=at)


def renew_pairing(*, device: Device, at: datetime | None = None) -> str:
    """A new pairing secret; the former one dies, the token in use lives until somebody claims the new one.

    Raises PairingInvalid on a revoked device.
    """
    token, digest = tokens.new_token(tokens.PAIRING)
    expires_at = (at or timezone.now()) + rules.PAIRING_LIFETIME
    live = Device.objects.live().filter(pk=device.pk)
    if not live.update(pairing_digest=digest, pairing_expires_at=expires_at):
        raise PairingInvalid
    return token


def pairing_url(token: str) -> str:
    """The link that pairs whoever opens it and presses the button; made for a QR code."""
    return settings.PUBLIC_URL + reverse("pair_device", args=[token])


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
    if live.update(revoked_at=at or timezone.now(), pairing_digest=None, pairing_expires_at=None):
        record(verb="device_revoked", target=device, organisation_id=device.organisation_id)
