"""Who may move money: the operator's managers and finance people, or the calendar, which approves nothing."""

import uuid

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.tenancy.principal import current

ROLES = (Role.MANAGER, Role.FINANCE)


def preparer() -> uuid.UUID | None:
    """The person acting for the operator, or None for the calendar. Raises NotAllowed."""
    principal = current()
    if not principal.is_operator or principal.role not in {"", *ROLES}:
        raise NotAllowed
    return principal.person_id


def cashier() -> uuid.UUID:
    """The person acting, when they may touch money. Raises NotAllowed."""
    person_id = preparer()
    if person_id is None:
        raise NotAllowed
    return person_id
