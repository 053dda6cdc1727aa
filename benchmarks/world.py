"""Rows to redeem: one funder, one campaign, sites with devices, and as many passes as asked, issued by the service."""

import uuid
from datetime import timedelta

from django.utils import timezone

from actors.models import Actor, Site
from aptic.accounts import tokens
from aptic.accounts.models import Device
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.services import account, open_purse, post
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from funders.models import Campaign, FundingLine, Order
from passes import issuance
from passes.models import Batch

OPERATOR = Principal(hat=Hat.OPERATOR)


def make_tills(count: int, sites: int) -> list[str]:
    """`count` devices over `sites` sites of as many actors; returns their tokens."""
    made: list[str] = []
    with acting(OPERATOR):
        commune = Commune.objects.get(pk="33063")
        places = []
        for n in range(sites):
            actor = Organisation.objects.create(name=f"Acteur {n}", is_actor=True)
            Actor.objects.create(organisation=actor, qualified_at=timezone.now())
            places.append(Site.objects.create(actor=actor, name=f"Lieu {n}", address="-", commune=commune, phone="-"))
        for n in range(count):
            token, digest = tokens.new_token(tokens.DEVICE)
            site = places[n % sites]
            Device.objects.create(
                organisation_id=site.actor_id, site_id=site.pk, name="-", digest=digest, paired_at=timezone.now()
            )
            made.append(token)
    return made


def open_order(booklets: int) -> Batch:
    """A batch of `booklets` booklets of ten, opened and paid for, not yet filled."""
    today = timezone.localdate()
    with acting(OPERATOR):
        funder = Organisation.objects.create(name=f"Commanditaire {uuid.uuid4().hex[:6]}", is_funder=True)
        purse, line_id = open_purse(funder=funder), uuid.uuid4()
        campaign = Campaign.objects.create(
            funder=funder,
            name="Mesure",
            starts_on=today - timedelta(days=1),
            ends_on=today + timedelta(days=300),
            face_value_cents=1000,
            territories=["departement:33"],
        )
        credit = account(purse=purse, kind=AccountKind.CREDIT, about=line_id)
        line = FundingLine.objects.create(id=line_id, campaign=campaign, funder=funder, source="-", account=credit)
        order = Order.objects.create(
            number=uuid.uuid4().hex[:12],
            campaign=campaign,
            line=line,
            funder=funder,
            booklets=booklets,
            passes_per_booklet=10,
            face_value_cents=1000,
            placed_at=timezone.now(),
        )
        bank = account(purse=purse, kind=AccountKind.SAFEGUARDED)
        post(
            kind=TransferKind.FUNDS_RECEIVED,
            debit=bank,
            credit=credit,
            amount_cents=order.amount_cents,
            event=uuid.uuid4(),
        )
        return issuance.open_batch(order=order)


def make_batch(booklets: int) -> Batch:
    """The same, issued, active and handed out."""
    batch = open_order(booklets)
    issuance.fill_batch(batch=batch, principal=OPERATOR)
    with acting(OPERATOR):
        issuance.activate(batch=batch)
        batch.booklet_set.update(handed_out_at=timezone.now())
    return batch
