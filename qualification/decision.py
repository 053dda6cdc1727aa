"""What a decision would do: the places of every capped territory that its sites lie in, and its price there."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from aptic.territories.services import territory_labels
from qualification.cap_rules import RATIO_LOW_CENTS, Price, price
from qualification.forecasts import forecasts_of
from qualification.models import Cap, Qualification


@dataclass(frozen=True, slots=True)
class Level:
    """One capped territory: its places, and what one actor more does to those who are there."""

    label: str
    cap: Cap
    price: Price | None  # None: nobody has forecast this territory yet, or nobody more joins it
    held: bool = False  # whoever is accepted has its place there already

    @property
    def is_full(self) -> bool:
        """True when nobody may join."""
        return not (self.held or self.cap.free)


@dataclass(frozen=True, slots=True)
class Decision:
    """Every capped territory of its sites, the narrowest first."""

    levels: tuple[Level, ...]

    @property
    def is_open(self) -> bool:
        """True when an acceptance finds its place at every level."""
        return bool(self.levels) and not self.full

    @property
    def full(self) -> list[Level]:
        """The territories that refuse."""
        return [level for level in self.levels if level.is_full]


def decision_on(sites: Iterable[list[str]], *, actor_id: uuid.UUID | None = None) -> Decision:
    """The decision for an actor whose sites have these territory keys. A fixed number of queries.

    One that exists already takes no second place, and changes nobody's share, where it holds one.
    """
    order = list(dict.fromkeys(key for keys in sites for key in keys))
    caps = sorted(Cap.objects.filter(pk__in=order), key=lambda cap: order.index(cap.territory))
    labels, forecasts = territory_labels(cap.territory for cap in caps), forecasts_of(cap.territory for cap in caps)
    places = Qualification.objects.filter(actor_id=actor_id, until=None) if actor_id else Qualification.objects.none()
    held = set(places.values_list("territory_id", flat=True))
    levels = []
    for cap in caps:
        forecast = None if cap.territory in held else forecasts.get(cap.territory)
        cost = forecast and price(
            territory=cap.territory, forecast_cents=forecast.cents, actors=cap.qualified, low_cents=RATIO_LOW_CENTS
        )
        levels.append(Level(labels[cap.territory], cap, cost or None, cap.territory in held))
    return Decision(tuple(levels))
