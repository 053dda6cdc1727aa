"""Who may do what in an actor's space; the operator may do all of it."""

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.tenancy.principal import current

EDITS_SITES = frozenset({Role.MANAGER, Role.AGENT})
MANAGES_TILLS = frozenset({Role.MANAGER})
HANDLES_BANK = frozenset({Role.MANAGER, Role.FINANCE})


def check_role(roles: frozenset[Role]) -> None:
    """Raise NotAllowed unless the principal is the operator's or has one of `roles`."""
    principal = current()
    if not (principal.is_operator or principal.role in roles):
        raise NotAllowed


def check_operator() -> None:
    """Raise NotAllowed unless acting for the operator."""
    if not current().is_operator:
        raise NotAllowed
