"""The waiting list of a territory, in order, and taking the next one when a place opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.permissions import check_decider
from aptic.audit.services import record
from aptic.tenancy.principal import Principal, current
from aptic.territories.models import Commune
from aptic.territories.services import territory_labels
from qualification import errors, services
from qualification.models import Application, Cap, Promotion
from qualification.places import WITH_SITES, sites_of


@dataclass(frozen=True, slots=True)
class InLine:
    """One who waits: its rank in this territory, and the territories that still refuse it."""

    application: Application
    rank: int
    full: tuple[str, ...]

    @property
    def may_enter(self) -> bool:
        """True when a place is free at every level."""
        return not self.full


def waiting_for(territory: str, principal: Principal) -> list[InLine]:
    """Who waits in a territory, the first first. A fixed number of queries."""
    found = (
        Application.objects.visible_to(principal)
        .filter(state=Application.State.WAITING, commune__in=Commune.objects.inside(territory))
        .select_related("commune")
        .prefetch_related(WITH_SITES)
        .order_by("decided_at", "id")
    )
    rows = [(one, list(dict.fromkeys(key for keys in sites_of(one) for key in keys))) for one in found]
    caps = {cap.territory: cap for cap in Cap.objects.filter(pk__in={key for _, keys in rows for key in keys})}
    labels = territory_labels(key for key, cap in caps.items() if not cap.free)
    return [
        InLine(one, rank, tuple(labels[key] for key in keys if key in labels))
        for rank, (one, keys) in enumerate(rows, 1)
        if any(key in caps for key in keys)
    ]


def next_in_line(line: Iterable[InLine]) -> InLine | None:
    """The first for whom a place is free at every level."""
    return next((one for one in line if one.may_enter), None)


@transaction.atomic
def promote(*, application: Application, territory: str, reason: str, at: datetime | None = None) -> Application:
    """Accept a waiting application because a place opened in `territory`; its rank then and the reason are kept.

    Raises NotAllowed, CapReasonMissing, NobodyWaits and what accepting raises.
    """
    check_decider()
    if not reason.strip():
        raise errors.CapReasonMissing(field="reason")
    line = waiting_for(territory, current())
    place = next((one for one in line if one.application.pk == application.pk), None)
    if place is None:
        raise errors.NobodyWaits
    now = at or timezone.now()
    accepted = services.accept(application=application, at=at)
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
