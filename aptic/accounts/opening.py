"""The first day of an installation: its operator, and the person who will run it. Everybody else comes after them."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.accounts.errors import OperatorExists, OperatorMissing
from aptic.accounts.models import Invitation, Membership, Role
from aptic.accounts.services import invite_person
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.siret import check_siret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current


@transaction.atomic
def create_operator(
    *, name: str, siret: str, manager_email: str, email: str = "", at: datetime | None = None
) -> tuple[Organisation, str]:
    """Register the operator and invite its first manager; returns it and the token of the link.

    `email` is where answers to the scheme's letters go, the manager's address unless it is said. The constraint
    `one_operator` decides between rivals. Raises NotAllowed, InvalidSiret and OperatorExists.
    """
    if not current().is_operator:
        raise NotAllowed
    contact = {"name": name.strip(), "siret": check_siret(siret), "email": email or manager_email}
    try:
        with transaction.atomic():
            operator = Organisation.objects.create(**contact, is_operator=True)
    except IntegrityError as error:
        if "one_operator" in str(error):
            raise OperatorExists from error
        raise
    record(verb="operator_created", target=operator, fields=("is_operator",), organisation_id=operator.pk)
    return operator, _invite(operator, manager_email, at)


@transaction.atomic
def invite_again(*, manager_email: str, at: datetime | None = None) -> tuple[Organisation, str]:
    """Another link for the first manager, as long as nobody has joined: a lost letter must not close the house.

    Links made before open nothing any more. Raises NotAllowed, OperatorMissing and OperatorExists.
    """
    if not current().is_operator:
        raise NotAllowed
    operator = Organisation.objects.select_for_update(of=("self",)).filter(is_operator=True).first()
    if operator is None:
        raise OperatorMissing
    # First the links: whoever was joining by one of them has joined, or cannot any more, when members are looked at.
    Invitation.objects.filter(organisation=operator).pending(at).update(revoked_at=at or timezone.now())
    if Membership.objects.filter(organisation=operator).exists():
        raise OperatorExists
    return operator, _invite(operator, manager_email, at)


def _invite(operator: Organisation, email: str, at: datetime | None) -> str:
    _, token = invite_person(organisation=operator, email=email, role=Role.MANAGER, at=at)
    return token
