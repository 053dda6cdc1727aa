"""An actor leaves the network: every counter refuses from this commit on, and its places are given back."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.errors import ReasonMissing
from actors.models import Actor
from actors.permissions import check_decider
from aptic.accounts.letters import write_to_managers
from aptic.audit.services import record
from aptic.tenancy.models import Organisation
from qualification.caps import release_places
from qualification.errors import NotQualified
from qualification.suspension import hold_sites


@transaction.atomic
def disqualify_actor(*, actor: Organisation, reason: str, at: datetime | None = None) -> None:
    """Take an actor's qualification away for good, suspended or not; what it is owed is still paid, and its managers
    read why.

    Holds each of its sites, as a suspension does: call it last in its transaction. Raises NotAllowed, ReasonMissing
    and NotQualified.
    """
    check_decider()
    if not reason.strip():
        raise ReasonMissing
    hold_sites(actor.pk)
    there = Actor.objects.filter(pk=actor.pk).exclude(state=Actor.State.REMOVED)
    if not there.update(
        state=Actor.State.REMOVED,
        removed_at=at or timezone.now(),
        removal_reason=reason.strip(),
        suspended_at=None,
        suspension_reason="",
    ):
        raise NotQualified
    record(verb="actor_disqualified", target=actor, fields=("state", "removal_reason"), organisation_id=actor.pk)
    release_places(actor=actor, reason=reason, at=at)
    write_to_managers(organisation=actor, template="actor_removed", context={"reason": reason.strip()})
