"""Letters to an organisation: to its managers and whom else it concerns, or to its own address if nobody joined yet."""

from typing import Any

from aptic.accounts.models import Membership, Role
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation


def write_to_managers(
    *, organisation: Organisation, template: str, context: dict[str, Any], roles: tuple[str, ...] = (Role.MANAGER,)
) -> None:
    """Post `templates/mail/<template>` to each manager of `organisation`, in the caller's transaction; `roles` names
    who else is concerned."""
    managers = Membership.objects.active().filter(organisation=organisation, role__in=roles)
    addresses = list(managers.values_list("user__email", flat=True)) or [organisation.email]
    words = {"organisation": organisation.name, **context}
    for address in filter(None, addresses):
        post_email(to=address, template=template, context=words, organisation_id=organisation.pk)
