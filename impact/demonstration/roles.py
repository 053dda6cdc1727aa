"""The roles that the bar changes to in one click: a person of the demonstration and the first page of their space."""

from dataclasses import dataclass

from django.urls import reverse

from aptic.accounts.models import Membership
from aptic.tenancy.principal import Hat, Principal, acting
from impact.demonstration import cast

PUBLIC_HOME = "/solde/"


@dataclass(frozen=True, slots=True)
class BarRole:
    """A button of the bar. `email` is empty for a citizen, who has no account."""

    key: str
    label: str
    email: str = ""
    home: str = ""  # the name of a page: with the organisation as argument, or alone for the counter


def _email(key: str) -> str:
    return next(person.email for person in cast.PEOPLE if person.key == key)


ROLES = {
    role.key: role
    for role in (
        BarRole("operateur", "Opérateur", _email("claire.bonnet"), "operator_home"),
        BarRole("finance", "Finance", _email("hugo.mercier"), "operator_home"),
        BarRole("commanditaire", "Commanditaire", _email("marc.delmas"), "funder_home"),
        BarRole("aiguilleur", "Aiguilleur", _email("nadia.roche"), "distributor_home"),
        BarRole("acteur", "Acteur", _email("amina.diallo"), "actor_home"),
        BarRole("reseau", "Tête de réseau", _email("elodie.garnier"), "hub_home"),
        BarRole("guichet", "Guichet", _email("theo.lacaze"), "counter_home"),
        BarRole("habitant", "Habitant"),
    )
}
SPACES = {
    "operator_home": Hat.OPERATOR,
    "funder_home": Hat.FUNDER,
    "distributor_home": Hat.DISTRIBUTOR,
    "actor_home": Hat.ACTOR,
    "hub_home": Hat.HUB,
}


def membership_of(role: BarRole) -> Membership:
    """The membership behind a role. Raises Membership.DoesNotExist before the story is played."""
    with acting(Principal(hat=Hat.OPERATOR)):
        return Membership.objects.active().select_related("user", "organisation").get(user__email=role.email)


def home_of(role: BarRole, membership: Membership) -> str:
    """The address of the role's first page."""
    if role.home in SPACES:
        return reverse(role.home, kwargs={"organisation": membership.organisation_id})
    return reverse(role.home)
