"""Who may do what in an actor's space; the operator may do all of it."""

import uuid

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, current

EDITS_SITES = frozenset({Role.MANAGER, Role.AGENT})
MANAGES_TILLS = frozenset({Role.MANAGER})
HANDLES_BANK = frozenset({Role.MANAGER, Role.FINANCE})
READS_INCOME = frozenset({Role.MANAGER, Role.FINANCE})  # of their own actor: nobody else, not the operator
DECIDES = frozenset({Role.MANAGER, Role.AGENT, ""})  # among the operator's people


def check_role(roles: frozenset[Role], actor_id: uuid.UUID) -> None:
    """Raise NotAllowed unless acting for the operator, or for this actor with one of `roles`."""
    principal = current()
    own = principal.hat == Hat.ACTOR and principal.organisation_id == actor_id
    if not (principal.is_operator or (own and principal.role in roles)):
        raise NotAllowed


def check_decider() -> None:
    """Raise NotAllowed unless acting for the operator as somebody who decides about actors; a job has no role."""
    principal = current()
    if not (principal.is_operator and principal.role in DECIDES):
        raise NotAllowed
