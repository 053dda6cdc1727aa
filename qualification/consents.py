"""Letting a hub read one's amounts, and taking that back: by the managers of an actor or of a funder, and no others."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from qualification import errors
from qualification.hubs import remits_reading
from qualification.models import Consent, Remit

SIDES = (Hat.ACTOR, Hat.FUNDER)


@transaction.atomic
def give_consent(*, remit: Remit, organisation: Organisation, at: datetime | None = None) -> Consent:
    """From now on the hub of this remit reads the acting organisation's amounts. A repeat gives the same consent.

    Raises NotAllowed, and NotRead when this hub does not, or not any more, read the organisation.
    """
    manager, principal = _check_manager(organisation), current()
    if not remits_reading(organisation=organisation, hat=principal.hat).filter(pk=remit.pk).exists():
        raise errors.NotRead
    consent = Consent(
        remit=remit,
        hub_id=remit.hub_id,
        organisation=organisation,
        side=principal.hat.value,
        given_at=at or timezone.now(),
        given_by=manager,
    )
    live = None
    while live is None:  # two managers at once: the second's consent is the first's, unless it was just taken back
        _insert(consent)
        live = _live(remit, organisation).first()
    if live.pk == consent.pk:
        record(verb="hub_consent_given", target=live, fields=("given_at",))
    return live


@transaction.atomic
def withdraw_consent(*, remit: Remit, organisation: Organisation, at: datetime | None = None) -> None:
    """From now on the hub reads no amount of the acting organisation; a repeat is silent. Raises NotAllowed."""
    manager, live = _check_manager(organisation), _live(remit, organisation).first()
    if live is None:
        return
    given = Consent.objects.filter(pk=live.pk, withdrawn_at=None)
    if given.update(withdrawn_at=at or timezone.now(), withdrawn_by=manager):
        record(verb="hub_consent_withdrawn", target=live, fields=("withdrawn_at",))


def _insert(consent: Consent) -> None:
    """Write it, unless one stands. Raises NotRead when the territory was taken back while this waited for it."""
    try:
        with transaction.atomic():
            Consent.objects.bulk_create([consent], ignore_conflicts=True)
    except IntegrityError as error:
        if Remit.objects.live().filter(pk=consent.remit_id).exists():
            raise
        raise errors.NotRead from error


def _live(remit: Remit, organisation: Organisation) -> QuerySet[Consent]:
    mine = Consent.objects.visible_to(current())
    return mine.filter(remit=remit, organisation=organisation, side=current().hat.value, withdrawn_at=None)


def _check_manager(organisation: Organisation) -> uuid.UUID:
    """The manager who acts for this organisation. Raises NotAllowed."""
    principal = current()
    own = principal.organisation_id == organisation.pk and principal.hat in SIDES
    if not (own and principal.role == Role.MANAGER) or principal.person_id is None:
        raise NotAllowed
    return principal.person_id
