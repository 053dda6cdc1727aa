"""Who waits in a territory, in order, and who is next; `waiting` takes one from the list."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from aptic.tenancy.principal import Principal
from aptic.territories.models import Commune
from aptic.territories.rules import keys_of
from aptic.territories.services import territory_labels
from qualification.models import Application, Cap


@dataclass(frozen=True, slots=True)
class InLine:
    """One who waits: its rank in this territory, and the territories that still refuse it."""

    application_id: uuid.UUID
    rank: int
    full: tuple[str, ...]

    @property
    def may_enter(self) -> bool:
        """True when a place is free at every level."""
        return not self.full


def waiting_for(territory: str, principal: Principal) -> list[InLine]:
    """Who waits in a territory, the first first. A fixed number of queries, of keys alone: a list may be long."""
    found = Application.objects.visible_to(principal).filter(
        state=Application.State.WAITING, commune__in=Commune.objects.inside(territory)
    )
    names = ("sites__commune", "sites__commune__epci", "sites__commune__departement", "sites__commune__region")
    lines: dict[uuid.UUID, dict[str, None]] = {}
    for pk, commune, *around in found.order_by("decided_at", "id", "sites__position").values_list("pk", *names):
        keys = keys_of(commune=commune, epci=around[0], departement=around[1], region=around[2]) if commune else ()
        lines.setdefault(pk, {}).update(dict.fromkeys(keys))
    caps = {cap.territory: cap for cap in Cap.objects.filter(pk__in={key for keys in lines.values() for key in keys})}
    labels = territory_labels(key for key, cap in caps.items() if not cap.free)
    return [
        InLine(pk, rank, tuple(labels[key] for key in keys if key in labels))
        for rank, (pk, keys) in enumerate(lines.items(), 1)
        if any(key in caps for key in keys)
    ]


def files_of(line: Iterable[InLine | None], principal: Principal) -> dict[uuid.UUID, Application]:
    """The applications of these lines, with their communes. One query."""
    wanted = {one.application_id for one in line if one is not None}
    return Application.objects.visible_to(principal).select_related("commune").in_bulk(wanted)


def next_in_line(line: Iterable[InLine]) -> InLine | None:
    """The first for whom a place is free at every level."""
    return next((one for one in line if one.may_enter), None)
