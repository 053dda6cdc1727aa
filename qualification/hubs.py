"""Hubs: the operator registers one and gives it a territory; what touches that territory, whoever asks."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone

from actors.models import Actor, Site
from actors.permissions import check_decider
from aptic.accounts.letters import write_to_managers
from aptic.audit.services import record
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.errors import UnknownTerritory
from aptic.territories.models import Commune
from aptic.territories.rules import FRANCE, key, parse_key
from aptic.territories.services import territory_label
from funders.models import Campaign
from funders.partners import invite_manager, register_organisation
from qualification import errors
from qualification.models import Plan, Remit, Round


@transaction.atomic
def create_hub(
    *,
    name: str,
    siret: str,
    commune: Commune | None,
    email: str,
    phone: str,
    manager_email: str,
    address: str = "",
    joins: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Organisation:
    """Register a hub (or give the hat, if the SIRET is known) and invite who will run it. Its territory comes after.

    For the operator only. Raises NotAllowed, InvalidSiret, AlreadyFunder and OrganisationKnown.
    """
    check_decider()
    contact = {"name": name, "commune": commune, "address": address, "email": email, "phone": phone}
    organisation = register_organisation(hat=Hat.HUB, siret=siret, contact=contact, joins=joins)
    record(verb="hub_created", target=organisation, fields=("is_hub",), organisation_id=organisation.pk)
    invite_manager(organisation, manager_email, at)
    return organisation


@transaction.atomic
def give_territory(*, hub: Organisation, territory: str, at: datetime | None = None) -> Remit:
    """Let a hub read a territory of any level, but the country; one at a time. Its managers are told.

    Raises NotAllowed, UnknownTerritory, NotAHub and RemitHeld.
    """
    check_decider()
    if not hub.is_hub:
        raise errors.NotAHub
    if parse_key(territory)[0] == FRANCE:
        raise UnknownTerritory(field="territory", territory=territory)
    territory_label(territory)  # it exists
    try:
        with transaction.atomic():
            remit = Remit.objects.create(
                hub=hub, territory=territory, opened_at=at or timezone.now(), opened_by=current().person_id
            )
    except IntegrityError as error:
        raise errors.RemitHeld(field="commune") from error
    record(verb="remit_opened", target=remit, fields=("territory",), organisation_id=hub.pk)
    _tell(hub, "hub_territory_given", remit)
    return remit


@transaction.atomic
def withdraw_territory(*, remit: Remit, at: datetime | None = None) -> None:
    """From now on the hub reads nothing there: consents end with it, its plan is closed, its managers are told.

    A repeat is silent. Raises NotAllowed.
    """
    check_decider()
    now = at or timezone.now()
    closed = Remit.objects.live().filter(pk=remit.pk).update(closed_at=now, closed_by=current().person_id)
    if closed:
        # A plan may have been begun while this waited for the remit: it ends when it began, never before.
        Plan.objects.live().filter(remit=remit).update(ended_at=Greatest(F("begun_at"), Value(now)))
        record(verb="remit_closed", target=remit, fields=("closed_at",), organisation_id=remit.hub_id)
        _tell(remit.hub, "hub_territory_withdrawn", remit)


def _tell(hub: Organisation, template: str, remit: Remit) -> None:
    url = settings.PUBLIC_URL + reverse("hub_home", args=[hub.pk])
    words = {"territory": territory_label(remit.territory), "url": url}
    write_to_managers(organisation=hub, template=template, context=words)


def live_remit(hub_id: uuid.UUID | None) -> Remit | None:
    """What a hub reads now; None while the operator has given it nothing."""
    return Remit.objects.live().of(hub_id).first()


def remit_of(hub: Organisation) -> Remit:
    """What a hub reads now. Raises NoRemit."""
    remit = live_remit(hub.pk)
    if remit is None:
        raise errors.NoRemit
    return remit


def remits_reading(*, organisation: Organisation, hat: Hat) -> QuerySet[Remit]:
    """The live remits whose hubs read this actor, or this funder: the same relation as in migration 0010, from here.

    It reads the organisation's own rows, so it must run as that organisation or as the operator. Two queries to build.
    """
    places = _actor_places(organisation) if hat == Hat.ACTOR else _funder_places(organisation)
    near = RawSQL("SELECT qualification_touching(%s::text[])", [places])
    reading = Remit.objects.live().filter(territory__in=near)
    return reading.select_related("hub").order_by("hub__search_key", "id")


def touching(territory: str) -> set[str]:
    """The keys of every territory that has a commune in common with this one, of any level. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT qualification_touching(ARRAY[%s])", [territory])
        return {key for (key,) in cursor.fetchall()}


def _actor_places(organisation: Organisation) -> list[str]:
    """Communes of its open sites and of their rounds; none once it has left the network."""
    if not Actor.objects.filter(pk=organisation.pk).exclude(state=Actor.State.REMOVED).exists():
        return []
    sites = Site.objects.filter(actor=organisation, open=True).order_by()
    rounds = Round.objects.filter(site__in=sites).order_by()
    communes = sites.values_list("commune_id").union(rounds.values_list("commune_id"))
    return [key("commune", code) for (code,) in communes]


def _funder_places(organisation: Organisation) -> list[str]:
    """Territories of its operations; an operation without limits is where the funder is."""
    known = Campaign.objects.filter(funder=organisation).exclude(state=Campaign.State.DRAFT).order_by()
    places: set[str] = set()
    for named in known.values_list("territories", flat=True):
        places |= set(named or ([key("commune", organisation.commune_id)] if organisation.commune_id else []))
    return sorted(places)
