"""Taking one from the waiting list of a territory, when a place opens."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.permissions import check_decider
from aptic.audit.services import record
from aptic.tenancy.principal import current
from qualification import errors, services
from qualification.models import Application, Promotion
from qualification.waiting_lists import waiting_for


@transaction.atomic
def promote(*, application: Application, territory: str, reason: str, at: datetime | None = None) -> Application:
    """Accept a waiting application because a place opened in `territory`; its rank then and the reason are kept.

    Raises NotAllowed, CapReasonMissing, NobodyWaits and what accepting raises.
    """
    check_decider()
    if not reason.strip():
        raise errors.CapReasonMissing(field="reason")
    line = waiting_for(territory, current())
    place = next((one for one in line if one.application_id == application.pk), None)
    if place is None:
        raise errors.NobodyWaits
    now = at or timezone.now()
    accepted = services.accept(application=application, promoted=True, at=at)
    assert accepted.organisation_id is not None
    kept = Promotion.objects.create(
        application_id=accepted.pk,
        organisation_id=accepted.organisation_id,
        territory=territory,
        rank=place.rank,
        reason=reason.strip(),
        promoted_at=now,
        promoted_by=current().person_id,
    )
    record(verb="application_promoted", target=kept, fields=("rank", "reason"), organisation_id=kept.organisation_id)
    return accepted
