"""A visitor reports that a site is not as the directory has it; its actor or the operator answers."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.directory_models import SiteChange
from actors.errors import NotInState, ReasonMissing
from actors.models import Site
from actors.permissions import EDITS_SITES, check_decider, check_role
from aptic.audit.services import record
from aptic.errors import DomainError
from aptic.tenancy.principal import current


class PrecisionMissing(DomainError):
    """« Autre chose » says nothing by itself."""

    code = "precision_missing"
    message = "Dites en quelques mots ce qui n’est pas juste."


def report_change(*, site: Site, kind: str, message: str = "", at: datetime | None = None) -> SiteChange:
    """Put a visitor's word in the queue; nothing about the visitor is kept. Raises PrecisionMissing."""
    if kind == SiteChange.Kind.OTHER and not message.strip():
        raise PrecisionMissing(field="message")
    change = SiteChange(
        site=site,
        actor_id=site.actor_id,
        kind=SiteChange.Kind(kind),
        message=message.strip(),
        created_at=at or timezone.now(),
    )
    change.save(force_insert=True)
    return change


def accept_change(*, change: SiteChange, answer: str = "", at: datetime | None = None) -> None:
    """It was right: the site is or will be put right. Raises NotAllowed and NotInState."""
    _decide(change, SiteChange.State.ACCEPTED, answer, at)


def close_change(*, change: SiteChange, answer: str, at: datetime | None = None) -> None:
    """It was not, for a reason. Raises ReasonMissing, NotAllowed and NotInState."""
    if not answer.strip():
        raise ReasonMissing
    _decide(change, SiteChange.State.CLOSED, answer, at)


@transaction.atomic
def _decide(change: SiteChange, state: SiteChange.State, answer: str, at: datetime | None) -> None:
    principal = current()
    if change.kind == SiteChange.Kind.REFUSED:
        check_decider()  # whoever is complained about does not answer the complaint
    else:
        check_role(EDITS_SITES, change.actor_id)
    waiting = SiteChange.objects.visible_to(principal).filter(pk=change.pk, state=SiteChange.State.OPEN)
    if not waiting.update(
        state=state, answer=answer.strip(), decided_by=principal.person_id, decided_at=at or timezone.now()
    ):
        raise NotInState
    complaint = change.kind == SiteChange.Kind.REFUSED
    reader = principal.organisation_id if complaint else change.actor_id
    record(verb=f"site_change_{state}", target=change, fields=("state", "answer"), organisation_id=reader)
    change.refresh_from_db()
