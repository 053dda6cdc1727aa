"""As whom a person may look at something whose address names no organisation (a document, a piece of work)."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from aptic.accounts.models import Membership, User
from aptic.tenancy.principal import Hat, Principal, acting

Found = TypeVar("Found")


def own_memberships(user: User) -> list[Membership]:
    """The memberships that open a space today, by organisation. The caller acts as the person."""
    return list(
        Membership.objects.active()
        .filter(user=user)
        .select_related("organisation")
        .order_by("organisation__search_key", "id")
    )


def principal_for(membership: Membership, hat: Hat | None = None) -> Principal:
    """The person acting for the organisation; as its operator if it is one, else under its first hat."""
    hats = membership.organisation.hats
    return Principal(
        hat=hat or (hats[0] if hats else Hat.PUBLIC),
        organisation_id=membership.organisation_id,
        person_id=membership.user_id,
        role=membership.role,
        request_id=uuid.uuid4(),
    )


def find_as_member(user: User, find: Callable[[Principal], Found | None]) -> list[tuple[Found, Membership]]:
    """What `find` finds under each of the person's memberships in turn; each look runs as that principal.

    The caller acts as the person (`@personal`).
    """
    found = []
    for membership in own_memberships(user):
        with acting(principal_for(membership)) as principal:
            if (one := find(principal)) is not None:
                found.append((one, membership))
    return found
