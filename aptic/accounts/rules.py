"""Decisions about people, without a database: who needs a second factor, who may do what, where a space lives."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat

INVITATION_LIFETIME = timedelta(days=14)
PAIRING_LIFETIME = timedelta(minutes=15)  # of a link shown on a screen
PAIRING_SENT_LIFETIME = timedelta(days=1)  # of a link mailed or printed
MOST_DEVICES = 30  # made in one go
SCOPE = re.compile(r"[a-z_]{1,24}:(read|write)")

TOUCHES_MONEY = frozenset({Role.MANAGER, Role.FINANCE})
MONEY_HATS = frozenset({Hat.FUNDER, Hat.ACTOR})


@dataclass(frozen=True, slots=True)
class Space:
    """One kind of space: the first segment of its address, and its words on screen."""

    root: str
    label: str
    purpose: str


SPACES: dict[Hat, Space] = {
    Hat.OPERATOR: Space("operateur", "Opérateur", "Qualifier, émettre, régler et rendre compte."),
    Hat.FUNDER: Space("commanditaire", "Commanditaire", "Préparer vos opérations et suivre chaque euro."),
    Hat.DISTRIBUTOR: Space("aiguilleur", "Aiguilleur", "Remettre des carnets aux habitants."),
    Hat.ACTOR: Space("acteur", "Acteur", "Encaisser des pass et suivre vos paiements."),
    Hat.HUB: Space("tete-de-reseau", "Tête de réseau", "Rendre votre territoire opérationnel, avec qui y agit."),
}


def space_url(hat: Hat, organisation_id: uuid.UUID, page: str = "") -> str:
    """The address of a page of a space; `page` is relative and ends with a slash."""
    return f"/{SPACES[hat].root}/{organisation_id}/{page}"


def second_factor_required(role: str, hats: Iterable[Hat]) -> bool:
    """True for every member of the operator, and for whoever touches money at a funder or an actor."""
    worn = set(hats)
    return Hat.OPERATOR in worn or (role in TOUCHES_MONEY and bool(worn & MONEY_HATS))


def may_manage_people(role: str) -> bool:
    """Only managers invite, change roles, make keys and pair devices."""
    return role == Role.MANAGER


def valid_scopes(scopes: Iterable[str]) -> bool:
    """At least one, each written `things:read` or `things:write`."""
    wanted = list(scopes)
    return bool(wanted) and all(SCOPE.fullmatch(scope) for scope in wanted)
