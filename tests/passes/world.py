"""A till that can redeem: an issued, active batch and a paired device, for tests of the redeem path."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from actors.models import Actor, Site
from aptic.accounts import tokens
from aptic.accounts.models import Device
from aptic.ledger.balances import balance
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from aptic.vocabulary.models import Service
from funders import services as funders
from funders.models import Campaign
from passes import codes, issuance
from passes.models import Batch, Pass
from tests.factories import OPERATOR, make_campaign, make_funder, make_paid_line, make_siret


@dataclass
class TestTill:
    """A site, its device's token, and the way to present a pass as that device."""

    __test__ = False
    site: Site
    device: Device
    token: str
    client: Client = field(default_factory=Client)

    def post(self, path: str, body: Any = None) -> Any:
        """POST JSON as the device."""
        return self.client.post(
            f"/api/v1/{path}",
            {} if body is None else body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def get(self, path: str) -> Any:
        """GET as the device."""
        return self.client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}"})

    def redeem(self, code: str, **more: Any) -> Any:
        """Redeem `code` for the first service, under a fresh id unless `more` gives one."""
        return self.post("redemptions/", {"id": str(uuid.uuid4()), "code": code, "service": SLUG, **more})


SLUG = "aide-aux-demarches-administratives"


def make_till(*, commune: str = "33063", actor: Organisation | None = None) -> TestTill:
    """A qualified actor with one site and one paired device."""
    token, digest = tokens.new_token(tokens.DEVICE)
    with acting(OPERATOR):
        if actor is None:
            actor = Organisation.objects.create(name="Association d’essai", is_actor=True, siret=make_siret())
            Actor.objects.create(organisation=actor, qualified_at=timezone.now())
        site = Site.objects.create(
            actor=actor,
            name="Lieu d’essai",
            address="1 rue de l’Essai",
            commune=Commune.objects.get(pk=commune),
            phone="0500000000",
        )
        device = Device.objects.create(
            organisation=actor, site_id=site.pk, name="Tablette", digest=digest, paired_at=timezone.now()
        )
    return TestTill(site, device, token)


def make_batch(*, booklets: int = 3, campaign: Campaign | None = None, active: bool = True, **terms: Any) -> Batch:
    """An issued batch of `booklets`, usable without hand-out unless `terms` say otherwise."""
    if campaign is None:
        funder = make_funder()
        campaign = make_campaign(funder, **{"needs_hand_out": False, **terms})
    line = make_paid_line(campaign, cents=booklets * campaign.passes_per_booklet * campaign.face_value_cents)
    principal = Principal(hat=Hat.FUNDER, organisation_id=campaign.funder_id, role="manager")
    with acting(principal):
        order = funders.place_order(campaign=campaign, line=line, booklets=booklets)
    with acting(OPERATOR):
        batch = issuance.open_batch(order=order)
    issuance.fill_batch(batch=batch, principal=OPERATOR)
    if active:
        with acting(OPERATOR):
            issuance.activate(batch=batch)
            batch.refresh_from_db()
    return batch


def code_of(batch: Batch, booklet: int = 0, position: int = 1) -> str:
    """The code of one pass of a batch."""
    return codes.encode((batch.first_booklet + booklet) << 4 | position, batch.code_key)


def one_pass(batch: Batch, booklet: int = 0, position: int = 1) -> Pass:
    """Its row, as the operator sees it."""
    with acting(OPERATOR):
        return Pass.objects.get(pk=(batch.first_booklet + booklet) << 4 | position)


def in_circulation(batch: Batch) -> int:
    """Cents of the batch still in circulation, from the ledger."""
    with acting(OPERATOR):
        return balance(batch.circulation)


def first_service() -> Service:
    """The service of `SLUG`."""
    return Service.objects.get(slug=SLUG)
