"""Who may do what with batches and booklets; services ask here before they act."""

import uuid

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, current

DECIDERS = (Role.MANAGER, Role.AGENT)


def check_funder_decides(funder_id: uuid.UUID) -> None:
    """The funder's managers and agents, and the operator on their behalf. Raises NotAllowed."""
    principal = current()
    own = principal.hat == Hat.FUNDER and principal.organisation_id == funder_id
    if not (principal.is_operator or (own and principal.role in DECIDERS)):
        raise NotAllowed


def check_distributor_acts() -> uuid.UUID:
    """The managers and agents of a distributor; returns which. Raises NotAllowed."""
    principal = current()
    if principal.hat != Hat.DISTRIBUTOR or principal.organisation_id is None or principal.role not in DECIDERS:
        raise NotAllowed
    return principal.organisation_id
