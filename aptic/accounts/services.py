"""The verbs about people: invite, join, change a role, leave, be forgotten.

Every verb runs inside `acting(principal)`; row-level security keeps it within the acting organisation.
"""

import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from aptic.accounts import rules, tokens
from aptic.accounts.devices import claim_pairing, create_device, renew_pairing, revoke_device
from aptic.accounts.errors import AlreadyMember, InvitationInvalid, LastManager
from aptic.accounts.keys import create_api_key, revoke_api_key
from aptic.accounts.models import Invitation, Membership, Role, User
from aptic.accounts.second_factor import check_second_factor
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.locks import Lock, wait_lock
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current

__all__ = [
    "accept_invitation",
    "add_member",
    "change_role",
    "check_second_factor",
    "claim_pairing",
    "create_api_key",
    "create_device",
    "erase_person",
    "find_invitation",
    "invite_person",
    "remove_member",
    "renew_pairing",
    "revoke_api_key",
    "revoke_device",
    "revoke_invitation",
]


def add_member(*, organisation: Organisation, user: User, role: str) -> Membership:
    """Make `user` a member at once, without an invitation: the operator's way to give a new organisation its people."""
    membership, _ = Membership.objects.update_or_create(
        user=user, organisation=organisation, defaults={"role": role, "active": True}
    )
    record(verb="member_added", target=membership, fields=("role", "active"), organisation_id=organisation.pk)
    return membership


@transaction.atomic
def invite_person(
    *, organisation: Organisation, email: str, role: str, at: datetime | None = None
) -> tuple[Invitation, str]:
    """Invite an address for 14 days and mail it the link; an earlier invitation to it is revoked.

    Returns the invitation and its token, which is kept nowhere. Raises NotAllowed and AlreadyMember.
    """
    _require_manager()
    now, email = at or timezone.now(), email.strip().lower()
    wait_lock(Lock.INVITATION, organisation.pk)  # not its row, which the operator alone may hold
    if Membership.objects.active().filter(organisation=organisation, user__email=email).exists():
        raise AlreadyMember(field="email")
    Invitation.objects.filter(organisation=organisation, email=email, accepted_at=None, revoked_at=None).update(
        revoked_at=now
    )
    token, digest = tokens.new_token(tokens.INVITATION)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=role,
        digest=digest,
        invited_by_id=current().person_id,
        expires_at=now + rules.INVITATION_LIFETIME,
    )
    record(verb="person_invited", target=invitation, fields=("role",), organisation_id=organisation.pk)
    post_email(
        to=email,
        template="invitation",
        context={
            "organisation": organisation.name,
            "role": Role(role).label,
            "url": settings.PUBLIC_URL + reverse("accept_invitation", args=[token]),
            "days": rules.INVITATION_LIFETIME.days,
        },
        organisation_id=organisation.pk,
    )
    return invitation, token


def revoke_invitation(*, invitation: Invitation, at: datetime | None = None) -> None:
    """Close an invitation that nobody has accepted; silent when it is closed already."""
    _require_manager()
    pending = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if pending.update(revoked_at=at or timezone.now()):
        record(verb="invitation_revoked", target=invitation, organisation_id=invitation.organisation_id)


def find_invitation(*, token: str) -> dict[str, str]:
    """What a link opens: email, role, organisation_id, organisation and state (open, used, revoked, expired).

    Raises InvitationInvalid for a token that we never made.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_find_invitation(%s)", [tokens.digest(token)])
        row = cursor.fetchone()
        if row is None:
            raise InvitationInvalid
        return dict(zip((column.name for column in cursor.description), row, strict=True))


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Membership:
    """Join the organisation that invited `user`'s address; one acceptance per link.

    Must run as the person (`acting(Principal(person_id=user.pk))`). Raises InvitationInvalid.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_accept_invitation(%s, %s)", [tokens.digest(token), user.pk])
        membership_id = cursor.fetchone()[0]
    if membership_id is None:
        raise InvitationInvalid
    return Membership.objects.select_related("organisation").get(pk=membership_id)


@transaction.atomic
def change_role(*, membership: Membership, role: str) -> None:
    """Give a member another role. Raises NotAllowed and LastManager."""
    _require_manager()
    if role != Role.MANAGER:
        _keep_one_manager(membership)
    if Membership.objects.filter(pk=membership.pk).exclude(role=role).update(role=role):
        record(verb="role_changed", target=membership, fields=("role",), organisation_id=membership.organisation_id)


@transaction.atomic
def remove_member(*, membership: Membership) -> None:
    """End a membership; the row stays, because the trail names it. Raises NotAllowed and LastManager."""
    _require_manager()
    _keep_one_manager(membership)
    if Membership.objects.filter(pk=membership.pk, active=True).update(active=False):
        record(verb="member_removed", target=membership, fields=("active",), organisation_id=membership.organisation_id)


@transaction.atomic
def erase_person(*, user: User, at: datetime | None = None) -> None:
    """Anonymise a person in place: the id stays in the trail, nothing else does. For the operator only.

    Every open session ends, because the account is inactive. Raises NotAllowed.
    """
    if not current().is_operator:
        raise NotAllowed
    former = user.email
    user.email, user.full_name = f"{user.pk}@efface.invalid", "Compte effacé"
    user.is_active, user.anonymised_at = False, at or timezone.now()
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    Invitation.objects.filter(email=former).update(email=user.email)
    Membership.objects.filter(user=user, active=True).update(active=False)
    record(verb="person_erased", target=user, fields=("email", "full_name", "is_active"))


def _require_manager() -> None:
    principal = current()
    if not (principal.is_operator or rules.may_manage_people(principal.role)):
        raise NotAllowed


def _keep_one_manager(membership: Membership) -> None:
    """Lock the organisation's managers, in key order, so that two of them cannot leave at once."""
    managers = (
        Membership.objects.filter(organisation_id=membership.organisation_id, role=Role.MANAGER, active=True)
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", flat=True)
    )
    remaining: set[uuid.UUID] = set(managers) - {membership.pk}
    if not remaining:
        raise LastManager
