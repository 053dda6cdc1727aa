"""Lines that a stopped till hands in from off line: kept, moving nothing, until two people judge them (`held.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from passes import incident_rules, offline
from passes.models import Held

if TYPE_CHECKING:
    from passes.redemption import Attempt, Till, View


def hold(
    till: "Till", lines: Sequence[tuple["Attempt", "View"]], *, cause: str, stopped_at: datetime, now: datetime
) -> None:
    """Keep `lines`, set-based; each is marked when it lies beyond the device's ceiling, so that the two people see it.

    Raises IntegrityError when two requests hold the same id at once.
    """
    if not lines:
        return
    in_force = offline.ceiling()
    before = offline.lines_of(till, since=offline.horizon(now, in_force))
    carried = before + [(attempt.occurred_at, view.value_cents, now) for attempt, view in lines]

    def is_beyond(attempt: "Attempt") -> bool:
        load = incident_rules.carried(carried, occurred_at=attempt.occurred_at, recorded_at=now, ceiling=in_force)
        return not incident_rules.within(in_force, load)

    Held.objects.bulk_create(
        [
            Held(
                id=attempt.id,
                pass_id=attempt.code.serial,
                service_id=attempt.service_id,
                site_id=till.site_id,
                actor_id=till.actor_id,
                funder_id=view.funder_id,
                distributor_id=view.distributor_id,
                batch_id=view.batch_id,
                device_id=till.device_id,
                person_id=till.person_id,
                value_cents=view.value_cents,
                occurred_at=attempt.occurred_at,
                session=attempt.session,
                recorded_at=now,
                cause=cause,
                stopped_at=stopped_at,
                beyond_ceiling=is_beyond(attempt),
            )
            for attempt, view in lines
        ]
    )
