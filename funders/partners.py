"""Who takes part: the operator registers funders and distributors, and invites the person who will run each.

An organisation exists once, by its SIRET, and may wear several hats: registering it again adds the hat. Its people come
with it, for every hat; so the operator names the organisation that it joins a hat to, having seen who runs it.
"""

import uuid
from datetime import datetime

from django.db import transaction

from aptic.accounts.errors import AlreadyMember
from aptic.accounts.models import Membership, Role
from aptic.accounts.services import invite_person
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.services import open_purse
from aptic.siret import check_siret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.models import Commune
from funders.errors import AlreadyFunder, OrganisationKnown


@transaction.atomic
def create_funder(
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
    """Register a funder: its organisation (or the hat, if the SIRET is known), its purse, and its manager's invitation.

    For the operator only. Raises NotAllowed, InvalidSiret, AlreadyFunder and OrganisationKnown.
    """
    contact = {"name": name, "commune": commune, "address": address, "email": email, "phone": phone}
    organisation = register_organisation(hat=Hat.FUNDER, siret=siret, contact=contact, joins=joins)
    open_purse(funder=organisation)
    record(verb="funder_created", target=organisation, fields=("is_funder",), organisation_id=organisation.pk)
    invite_manager(organisation, manager_email, at)
    return organisation


@transaction.atomic
def create_distributor(
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
    """Register a distributor (CCAS, mission locale, France Services…), as `create_funder` does, without a purse.

    For the operator only. Raises NotAllowed, InvalidSiret, AlreadyFunder and OrganisationKnown.
    """
    contact = {"name": name, "commune": commune, "address": address, "email": email, "phone": phone}
    organisation = register_organisation(hat=Hat.DISTRIBUTOR, siret=siret, contact=contact, joins=joins)
    record(verb="distributor_created", target=organisation, fields=("is_distributor",), organisation_id=organisation.pk)
    invite_manager(organisation, manager_email, at)
    return organisation


def register_organisation(*, hat: Hat, siret: str, contact: dict, joins: uuid.UUID | None) -> Organisation:
    """The organisation of this SIRET, wearing `hat` from now on. What it already said of itself is kept.

    `joins` is the organisation that the operator knows to have this SIRET already. For the operator only. Raises
    NotAllowed, InvalidSiret, AlreadyFunder when it wears the hat already, and OrganisationKnown when it is another.
    """
    if not current().is_operator:
        raise NotAllowed
    number, worn = check_siret(siret), f"is_{hat.value}"
    organisation, created = Organisation.objects.get_or_create(siret=number, defaults={**contact, worn: True})
    if not created:
        _add_hat(organisation, worn, joins)
    return organisation


def _add_hat(organisation: Organisation, worn: str, joins: uuid.UUID | None) -> None:
    if getattr(organisation, worn):
        raise AlreadyFunder(f"{organisation.name} est déjà enregistrée sous ce SIRET.", field="siret")
    if organisation.pk != joins:
        raise OrganisationKnown(field="siret")
    if not Organisation.objects.filter(pk=organisation.pk, **{worn: False}).update(**{worn: True}):
        raise AlreadyFunder(f"{organisation.name} est déjà enregistrée sous ce SIRET.", field="siret")
    setattr(organisation, worn, True)


def known_by(siret: str, hat: Hat) -> Organisation | None:
    """The organisation that registering this SIRET would give one more hat."""
    return Organisation.objects.filter(siret=siret, **{f"is_{hat.value}": False}).first()


def run_by(organisation: Organisation) -> list[str]:
    """The names of those who run it today."""
    people = Membership.objects.active().filter(organisation=organisation, role=Role.MANAGER)
    return list(people.order_by("user__full_name", "id").values_list("user__full_name", flat=True))


def registered(organisation: Organisation) -> str:
    """What follows for who runs it, in a sentence."""
    names = ", ".join(run_by(organisation))
    then = f"qui la dirige y a accès dès maintenant : {names}" if names else "la personne responsable est invitée"
    return f"{organisation.name} est enregistrée ; {then}."


def invite_manager(organisation: Organisation, email: str, at: datetime | None) -> None:
    """Invite the person who will run it, unless people do: they run it under every hat, and invite whom they want.

    Otherwise whoever may register a partner could put anybody at the head of an organisation that exists.
    """
    if run_by(organisation):
        return
    try:
        invite_person(organisation=organisation, email=email, role=Role.MANAGER, at=at)
    except AlreadyMember:
        return  # a colleague without that role: whoever manages the operator gives it
