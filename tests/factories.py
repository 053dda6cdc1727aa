"""Business rows for tests, made by the services alone: what a test starts from is what the product would have made.

Each maker acts as the person who would do it and leaves the acting principal as it was. Append yours; keep them small.
"""

import itertools
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from stdnum import luhn

from aptic.accounts.keys import create_api_key
from aptic.accounts.models import Membership, Role, User
from aptic.accounts.second_factor import record_second_factor
from aptic.accounts.services import add_member
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from funders import services as funders
from funders.models import Campaign, FundingLine

_serial = itertools.count(1)
BEGLES = "33039"
OPERATOR = Principal(hat=Hat.OPERATOR)


@dataclass(frozen=True)
class Member:
    """A person in an organisation, and the principal they act as: `with acting(member.principal): …`."""

    user: User
    organisation: Organisation
    membership: Membership
    principal: Principal

    def log_in(self, client: Client) -> Client:
        """A session of this person with its second factor given."""
        client.force_login(self.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        record_second_factor(session, self.user, how="totp")
        session.save()
        return client


def make_siret() -> str:
    """A SIRET with a right key that no other call gives."""
    siren = f"{next(_serial):08d}"
    siren += luhn.calc_check_digit(siren)
    nic = f"{siren}0001"
    return nic + luhn.calc_check_digit(nic)


def make_member(
    organisation: Organisation, hat: Hat, role: str = Role.MANAGER, *, name: str = "Camille Essai"
) -> Member:
    """One more person of an organisation."""
    user = User.objects.create_user(email=f"personne-{uuid.uuid4().hex[:12]}@essai.example", full_name=name)
    with acting(OPERATOR):
        membership = add_member(organisation=organisation, user=user, role=role)
    principal = Principal(hat=hat, organisation_id=organisation.pk, person_id=user.pk, role=role)
    return Member(user, organisation, membership, principal)


def make_operator(role: str = Role.MANAGER) -> Member:
    """A person of the operator; a second call gives a colleague."""
    with acting(OPERATOR):
        organisation, _ = Organisation.objects.get_or_create(
            is_operator=True, defaults={"name": "Opérateur d’essai", "siret": make_siret()}
        )
    return make_member(organisation, Hat.OPERATOR, role)


def make_funder(name: str = "", role: str = Role.MANAGER) -> Member:
    """A funder with its purse, and a person of it."""
    organisation = _partner(funders.create_funder, name or f"Département d’essai {next(_serial)}")
    return make_member(organisation, Hat.FUNDER, role)


def make_distributor(name: str = "", role: str = Role.AGENT) -> Member:
    """A distributor, and a person of it."""
    organisation = _partner(funders.create_distributor, name or f"CCAS d’essai {next(_serial)}")
    return make_member(organisation, Hat.DISTRIBUTOR, role)


def _partner(create: Any, name: str) -> Organisation:
    with acting(OPERATOR):
        return create(
            name=name,
            siret=make_siret(),
            commune=Commune.objects.get(pk=BEGLES),
            email="contact@essai.example",
            phone="0500000000",
            manager_email=f"responsable-{next(_serial)}@essai.example",
        )


def make_campaign(funder: Member | None = None, *, at: datetime | None = None, **terms: Any) -> Campaign:
    """A campaign running today for 90 more days, 10 € passes in booklets of 10, unless `terms` say otherwise."""
    funder = funder or make_funder()
    today = timezone.localdate(at)
    terms = {
        "name": f"Opération d’essai {next(_serial)}",
        "starts_on": today - timedelta(days=1),
        "ends_on": today + timedelta(days=90),
        "face_value_cents": 1000,
        **terms,
    }
    with acting(funder.principal):
        return funders.create_campaign(funder=funder.organisation, at=at, **terms)


def make_paid_line(
    campaign: Campaign | None = None,
    *,
    cents: int = 1_000_000,
    operator: Member | None = None,
    received_on: date | None = None,
    at: datetime | None = None,
) -> FundingLine:
    """The first line of a campaign, with `cents` received on it (10 000 € unless said otherwise)."""
    campaign = campaign or make_campaign(at=at)
    operator = operator or make_operator()
    with acting(operator.principal):
        line = campaign.lines.select_related("account__purse", "campaign").first()
        assert line is not None
        funders.record_receipt(
            line=line,
            amount_cents=cents,
            bank_reference=f"VIR-ESSAI-{next(_serial)}",
            received_on=received_on or timezone.localdate(at),
            at=at,
        )
        line.account.refresh_from_db()
        return line


def make_api_key(organisation: Organisation, hat: Hat, *scopes: str) -> str:
    """The token of a key of an organisation with these scopes."""
    with acting(OPERATOR):
        _, token = create_api_key(organisation=organisation, name="Clé d’essai", scopes=scopes, hat=hat)
    return token
