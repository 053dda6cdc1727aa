"""Who opens an actor's space: whoever applied, unless its organisation has people already.

A SIRET is public: whoever applies with one proves nothing by it, and a manager is one under every hat. So somebody is
invited into an organisation that nobody runs and that is nothing more than an actor; otherwise its people decide.
"""

from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from aptic.accounts.errors import AlreadyMember
from aptic.accounts.letters import write_to_managers
from aptic.accounts.models import Membership, Role
from aptic.accounts.rules import SPACES
from aptic.accounts.services import invite_person
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from qualification import letters
from qualification.models import Application


def known_by(row: Application) -> Organisation | None:
    """The organisation that accepting would make the actor: who renews, or who has this SIRET already."""
    theirs = {"pk": row.organisation_id} if row.kind == Application.Kind.RENEWAL else {"siret": row.siret}
    return Organisation.objects.select_related("actor").filter(**theirs).first()


def may_open(organisation: Organisation) -> bool:
    """Whether whoever applied is invited: nobody runs it, and no other hat comes with it."""
    people = Membership.objects.active().filter(organisation=organisation, role=Role.MANAGER)
    return set(organisation.hats) <= {Hat.ACTOR} and not people.exists()


def hats_said(organisation: Organisation) -> str:
    """The hats it wears, in words."""
    return ", ".join(SPACES[hat].label.lower() for hat in organisation.hats)


def welcome(row: Application, actor: Organisation, *, at: datetime | None) -> None:
    """Invite whoever applied, or tell those who run the organisation, and whoever applied to ask them."""
    if may_open(actor):
        with suppress(AlreadyMember):  # one of its people, who does not run it
            invite_person(organisation=actor, email=row.email, role=Role.MANAGER, at=at)
        return
    url = settings.PUBLIC_URL + reverse("actor_team", args=[actor.pk])
    words = {"contact": row.contact_name, "address": row.email, "url": url}
    write_to_managers(organisation=actor, template="actor_joined", context=words)
    letters.tell(row, "application_accepted")
