"""A hub with a territory, actors and operations for it to read, made by the services."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from aptic.territories.models import Commune
from funders import services as funders
from funders.models import Campaign, Order
from impact.models import ActorRatio
from qualification import consents, hubs, plans
from qualification.models import Plan, Remit
from tests.factories import (
    OPERATOR,
    Member,
    make_campaign,
    make_funder,
    make_member,
    make_operator,
    make_paid_line,
    make_siret,
)

GIRONDE, METROPOLE, LIBOURNAIS = "departement:33", "epci:243300316", "epci:200070092"
BEGLES = "33039"


def make_hub(territory: str = GIRONDE, *, role: str = Role.MANAGER, name: str = "Réseau d’essai") -> Member:
    """A hub that reads a territory (none if it is empty), and a person of it."""
    with acting(make_operator().principal):
        hub = hubs.create_hub(
            name=name,
            siret=make_siret(),
            commune=Commune.objects.get(pk=BEGLES),
            email="reseau@essai.example",
            phone="0500000000",
            manager_email=f"responsable-{make_siret()}@essai.example",
        )
        if territory:
            hubs.give_territory(hub=hub, territory=territory)
    return make_member(hub, Hat.HUB, role)


def remit_of(hub: Member) -> Remit:
    """What it reads."""
    remit = hubs.live_remit(hub.organisation.pk)
    assert remit is not None
    return remit


def take_back(hub: Member) -> None:
    """The operator withdraws its territory."""
    with acting(make_operator().principal):
        hubs.withdraw_territory(remit=remit_of(hub))


def begin(hub: Member) -> Plan:
    """An open plan."""
    with acting(hub.principal):
        return plans.begin_plan(remit=remit_of(hub))


def manager_of(actor: Organisation) -> Member:
    """Somebody who runs an actor."""
    return make_member(actor, Hat.ACTOR, Role.MANAGER)


def consent(member: Member, hub: Member) -> None:
    """A manager lets the hub read amounts."""
    with acting(member.principal):
        consents.give_consent(remit=remit_of(hub), organisation=member.organisation)


def withdraw(member: Member, hub: Member) -> None:
    """And does so no more."""
    with acting(member.principal):
        consents.withdraw_consent(remit=remit_of(hub), organisation=member.organisation)


def earned(actor: Organisation, cents: int, *, alert: str = "") -> None:
    """What the nightly job would have written of an actor."""
    with acting(OPERATOR):
        ActorRatio.objects.update_or_create(
            actor=actor,
            defaults={"earned_cents": cents, "before_cents": 0, "pace_cents": cents, "alert": alert,
                      "forecast_cents": cents // 2, "computed_at": timezone.now()},
        )  # fmt: skip


def bought(funder: Member | None = None, *, booklets: int = 3, **terms: Any) -> Campaign:
    """An operation with an order that was issued: 10 € passes by ten, unless `terms` say otherwise."""
    campaign = make_campaign(funder or make_funder(), **terms)
    line = make_paid_line(campaign)
    with acting(OPERATOR):
        order = funders.place_order(campaign=campaign, line=line, booklets=booklets)
        Order.objects.filter(pk=order.pk).update(state=Order.State.ISSUED)
    return campaign


def touched(sql: str, *params: Any) -> int:
    """How many rows a statement touched, as whoever acts."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def soon(days: int = 30) -> Any:
    """A day to come."""
    return timezone.localdate() + timedelta(days=days)
