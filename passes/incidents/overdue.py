"""Incidents that nobody decided in time: told once, by mail, to those of the operator who answer for the money."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from aptic import french
from aptic.accounts.models import Membership, Role
from aptic.outbox.services import post_email
from passes.models import Incident


@transaction.atomic
def remind_overdue(at: datetime | None = None) -> int:
    """Mail about incidents that went beyond their deadline since the last look; returns how many."""
    now = at or timezone.now()
    late = Incident.objects.late(now).filter(reminded_at=None)
    # Marked in the transaction of the letters: told once, even if two clocks look at once.
    keys = list(late.select_for_update(of=("self",), skip_locked=True).order_by("pk").values_list("pk", flat=True))
    if not keys:
        return 0
    mine = Incident.objects.filter(pk__in=keys)
    cents = sum(mine.values_list("value_cents", flat=True))
    mine.update(reminded_at=now)
    people = Membership.objects.active().filter(organisation__is_operator=True, role__in=[Role.MANAGER, Role.FINANCE])
    for one in people.select_related("user").order_by("pk"):
        post_email(
            to=one.user.email,
            template="incidents_overdue",
            context={
                "name": one.user.full_name,
                "count": len(keys),
                "amount": french.euros(cents),
                "organisation": str(one.organisation_id),
            },
            organisation_id=one.organisation_id,
        )
    return len(keys)
