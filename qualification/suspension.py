"""Taking an actor out of play at once: for a while, its places kept, or for good, its places freed."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.errors import ReasonMissing
from actors.models import Actor, Site
from actors.permissions import check_decider
from aptic.accounts.letters import write_to_managers
from aptic.audit.services import record
from aptic.locks import Lock, wait_lock
from aptic.tenancy.models import Organisation
from qualification.errors import NotQualified


@transaction.atomic
def suspend_actor(*, actor: Organisation, reason: str, at: datetime | None = None) -> None:
    """Refuse every pass at the actor's sites from this commit on: none commits after it.

    The exclusive lock of each site, in id order, waits for the redemptions under way and holds those that follow; they
    then read the actor suspended. Its managers are told why. Call it last in its transaction, which should be short.
    Raises NotAllowed, ReasonMissing and NotQualified.
    """
    check_decider()
    if not reason.strip():
        raise ReasonMissing
    hold_sites(actor.pk)
    qualified = Actor.objects.filter(pk=actor.pk, state=Actor.State.QUALIFIED)
    if not qualified.update(
        state=Actor.State.SUSPENDED, suspended_at=at or timezone.now(), suspension_reason=reason.strip()
    ):
        raise NotQualified
    record(verb="actor_suspended", target=actor, fields=("state", "suspension_reason"), organisation_id=actor.pk)
    write_to_managers(organisation=actor, template="actor_suspended", context={"reason": reason.strip()})


@transaction.atomic
def reinstate_actor(*, actor: Organisation, at: datetime | None = None) -> None:
    """Let a suspended actor's sites take passes again, and tell its managers. Raises NotAllowed and NotQualified."""
    check_decider()
    suspended = Actor.objects.filter(pk=actor.pk, state=Actor.State.SUSPENDED)
    if not suspended.update(state=Actor.State.QUALIFIED, suspended_at=None, suspension_reason=""):
        raise NotQualified
    record(verb="actor_reinstated", target=actor, fields=("state",), organisation_id=actor.pk)
    write_to_managers(organisation=actor, template="actor_reinstated", context={})


def hold_sites(actor_id: uuid.UUID) -> None:
    """Wait for the redemptions under way at every site of an actor, and hold those that follow until the commit."""
    wait_lock(Lock.ACTOR, actor_id)  # no site opens meanwhile
    for site_id in Site.objects.filter(actor_id=actor_id).order_by("id").values_list("id", flat=True):
        wait_lock(Lock.SITE, site_id)
