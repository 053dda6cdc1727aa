"""How far a device may go without a network: three figures of the operator, and what a device has already carried."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from actors.settlement.people import cashier
from aptic.audit.services import record
from passes.incident_rules import Ceiling
from passes.models import Held, OfflineCeiling, Redemption

if TYPE_CHECKING:
    from passes.redemption import Till

Line = tuple[datetime, int, datetime]  # when the help was given, cents, when it was recorded


def ceiling() -> Ceiling:
    """The figures in force; every counter may read them."""
    row = OfflineCeiling.objects.get()
    return Ceiling(row.amount_cents, row.passes, row.hours)


@transaction.atomic
def set_ceiling(*, amount_cents: int, passes: int, hours: int) -> None:
    """Change the three figures, for every device and from now on; each one that changes is in the trail.

    Zero cents or passes: nobody's loss off line is the guarantee's. Hours are 1 to 72. Raises NotAllowed.
    """
    cashier()
    row = OfflineCeiling.objects.select_for_update(of=("self",)).get()
    wanted = {"amount_cents": amount_cents, "passes": passes, "hours": hours}
    changed = tuple(name for name, value in wanted.items() if getattr(row, name) != value)
    if changed:
        OfflineCeiling.objects.filter(pk=row.pk).update(**wanted)
        record(verb="offline_ceiling_set", target=row, fields=changed)


def lines_of(till: "Till", *, since: datetime) -> list[Line]:
    """What this device (or person) has handed in as done off line since `since`, held lines included."""
    who = {"actor_id": till.actor_id, "device_id": till.device_id, "person_id": till.person_id}
    done = Redemption.objects.filter(**who, offline=True, accounted_at__gte=since)
    waiting = Held.objects.filter(**who, recorded_at__gte=since).pending()
    rows: list[tuple[QuerySet, str]] = [(done, "accounted_at"), (waiting, "recorded_at")]
    return [line for found, at in rows for line in found.order_by().values_list("occurred_at", "value_cents", at)]


def horizon(now: datetime, in_force: Ceiling) -> datetime:
    """Since when lines count for an attempt recorded at `now`: its help was at most 72 hours ago, the span before it
    as long again. Both bounds are generous: what is too old is left out by the rule."""
    return now - 2 * max(in_force.span, timedelta(hours=72))
