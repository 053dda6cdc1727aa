"""Opening incidents: for off-line attempts that were refused, set-based, and for a paid line that was a mistake."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aptic.ledger.kinds import TransferKind
from aptic.ledger.models import Transfer
from passes import incident_rules, offline
from passes.models import Held, Incident, Redemption
from passes.refusals import Refusal

if TYPE_CHECKING:
    from passes.redemption import Till, View

Attempted = tuple[Redemption, "View"]


def open_for(till: "Till", refused: Sequence[Attempted], now: datetime) -> None:
    """Open an incident for each off-line attempt among `refused`, already stored; the others cost nothing here."""
    lines = [(row, view) for row, view in refused if row.offline]
    if not lines:
        return
    within = _within_ceiling(till, [row for row, _ in lines], now)
    taken = _taken_by(till, [row.pass_id for row, _ in lines if row.outcome == Refusal.ALREADY_REDEEMED])
    Incident.objects.bulk_create(
        [
            Incident(
                redemption=row,
                kind=Incident.Kind.OFFLINE,
                actor_id=row.actor_id,
                site_id=row.site_id,
                funder_id=row.funder_id,
                purse_id=view.purse_id,
                value_cents=row.value_cents,
                within_ceiling=within[row.pk],
                bearer=incident_rules.bearer(
                    Refusal(row.outcome),
                    within_ceiling=within[row.pk],
                    known_to_device=row.pass_id in taken,
                    valid_when_used=row.occurred_at < view.facts.valid_until,
                ),
                opened_at=now,
                deadline=now + incident_rules.DEADLINE,
            )
            for row, view in lines
        ]
    )


def open_for_mistake(redemption: Redemption, now: datetime) -> Incident:
    """The incident of an accepted redemption that its actor was paid for and that should not have been."""
    redeemed = Transfer.objects.get(event=redemption.pk, kind=TransferKind.REDEEM)
    incident = Incident(
        redemption=redemption,
        kind=Incident.Kind.MISTAKE,
        actor_id=redemption.actor_id,
        site_id=redemption.site_id,
        funder_id=redemption.funder_id,
        purse_id=redeemed.purse_id,
        value_cents=redemption.value_cents,
        within_ceiling=True,
        bearer=Incident.Bearer.SITE,
        opened_at=now,
        deadline=now + incident_rules.DEADLINE,
    )
    incident.save(force_insert=True)
    return incident


def _within_ceiling(till: "Till", rows: list[Redemption], now: datetime) -> dict[uuid.UUID, bool]:
    """Whether each attempt was within its device's ceiling; a line that was held was judged when it was handed in."""
    judged = Held.objects.filter(pk__in=[row.pk for row in rows]).order_by().values_list("pk", "beyond_ceiling")
    found = {key: not beyond for key, beyond in judged}
    if len(found) == len(rows):
        return found
    in_force = offline.ceiling()
    lines = offline.lines_of(till, since=offline.horizon(now, in_force))
    for row in rows:
        if row.pk not in found:
            load = incident_rules.carried(lines, occurred_at=row.occurred_at, recorded_at=now, ceiling=in_force)
            found[row.pk] = incident_rules.within(in_force, load)
    return found


def _taken_by(till: "Till", passes: list[int]) -> set[int]:
    """Those of `passes` that this very device (or person) has redeemed: it knew."""
    if not passes:
        return set()
    mine = Redemption.objects.live().filter(
        pass_id__in=passes, actor_id=till.actor_id, device_id=till.device_id, person_id=till.person_id
    )
    return set(mine.order_by().values_list("pass_id", flat=True))
