"""Letters to an actor: to its managers, or to the organisation's own address while nobody has joined yet."""

from typing import Any

from aptic.accounts.models import Membership, Role
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation


def write_to_managers(*, actor: Organisation, template: str, context: dict[str, Any]) -> None:
    """Post `templates/mail/<template>` to each manager of `actor`, in the caller's transaction."""
    managers = Membership.objects.active().filter(organisation=actor, role=Role.MANAGER)
    addresses = list(managers.values_list("user__email", flat=True)) or [actor.email]
    for address in filter(None, addresses):
        post_email(
            to=address, template=template, context={"organisation": actor.name, **context}, organisation_id=actor.pk
        )
