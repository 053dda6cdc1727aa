"""Opposition: a booklet declared lost or stolen stops paying at once. What it already paid stays paid."""

from django.db import transaction

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, current
from passes.models import Booklet, Pass


@transaction.atomic
def block_booklet(*, booklet: Booklet) -> int:
    """Block every pass of `booklet` that is still open, each in its own conditional change; returns how many.

    For its funder's managers and agents and for the operator. A repeat blocks nothing more. Raises NotAllowed.
    """
    _may_block(booklet)
    open_passes = Pass.objects.filter(pk__range=(booklet.pk << 4, (booklet.pk << 4) + 15), state=Pass.State.OPEN)
    blocked = open_passes.update(state=Pass.State.BLOCKED)
    if blocked:
        record(verb="booklet_blocked", target=booklet, fields=("state",), organisation_id=booklet.funder_id)
    return blocked


def _may_block(booklet: Booklet) -> None:
    principal = current()
    own = principal.hat == Hat.FUNDER and principal.organisation_id == booklet.funder_id
    if not (principal.is_operator or (own and principal.role in {Role.MANAGER, Role.AGENT})):
        raise NotAllowed
