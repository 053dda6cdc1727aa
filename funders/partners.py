"""Who takes part: the operator registers funders and distributors, and invites the person who will run each.

An organisation exists once, by its SIRET, and may wear several hats: registering it again adds the hat.
"""

from datetime import datetime

from django.db import transaction

from aptic.accounts.errors import AlreadyMember
from aptic.accounts.models import Role
from aptic.accounts.services import invite_person
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.services import open_purse
from aptic.siret import check_siret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.models import Commune
from funders.errors import AlreadyFunder


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
    at: datetime | None = None,
) -> Organisation:
    """Register a funder: its organisation (or the hat, if the SIRET is known), its purse, and its manager's invitation.

    For the operator only. Raises NotAllowed, InvalidSiret and AlreadyFunder.
    """
    contact = {"name": name, "commune": commune, "address": address, "email": email, "phone": phone}
    organisation = register_organisation(hat=Hat.FUNDER, siret=siret, contact=contact)
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
    at: datetime | None = None,
) -> Organisation:
    """Register a distributor (CCAS, mission locale, France Services…), as `create_funder` does, without a purse.

    For the operator only. Raises NotAllowed, InvalidSiret and AlreadyFunder.
    """
    contact = {"name": name, "commune": commune, "address": address, "email": email, "phone": phone}
    organisation = register_organisation(hat=Hat.DISTRIBUTOR, siret=siret, contact=contact)
    record(verb="distributor_created", target=organisation, fields=("is_distributor",), organisation_id=organisation.pk)
    invite_manager(organisation, manager_email, at)
    return organisation


def register_organisation(*, hat: Hat, siret: str, contact: dict) -> Organisation:
    """The organisation of this SIRET, wearing `hat` from now on. What it already said of itself is kept.

    For the operator only. Raises NotAllowed, InvalidSiret, and AlreadyFunder when it wears the hat already.
    """
    if not current().is_operator:
        raise NotAllowed
    number, worn = check_siret(siret), f"is_{hat.value}"
    organisation, created = Organisation.objects.get_or_create(siret=number, defaults={**contact, worn: True})
    if not created and not Organisation.objects.filter(pk=organisation.pk, **{worn: False}).update(**{worn: True}):
        raise AlreadyFunder(f"{organisation.name} est déjà enregistrée sous ce SIRET.", field="siret")
    setattr(organisation, worn, True)
    return organisation


def invite_manager(organisation: Organisation, email: str, at: datetime | None) -> None:
    """Invite the person who will run it; silent for somebody who does already."""
    try:
        invite_person(organisation=organisation, email=email, role=Role.MANAGER, at=at)
    except AlreadyMember:
        # The organisation wears another hat already and this person runs it: nothing to invite.
        return
