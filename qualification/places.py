"""How full the territories are, as pages show it: places, those who wait, territories that nobody has counted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet, Sum

from actors.places import CAPPED_LEVELS, cap_territory
from aptic.tenancy.principal import Principal
from aptic.territories.models import Commune
from aptic.territories.rules import keys_of
from aptic.territories.services import search_communes, search_territories, territory_labels
from qualification.models import Application, Cap

State = Application.State


@dataclass(frozen=True, slots=True)
class Places:
    """One territory: its cap if it has one, and who wants to join."""

    territory: str
    label: str
    cap: Cap | None = None
    submitted: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many places there are, exceptions included."""
        return self.cap.cap + self.cap.exceptions if self.cap else 0

    @property
    def free(self) -> int:
        """How many are left."""
        return self.total - self.cap.qualified if self.cap else 0


def places_of(caps: Iterable[Cap], principal: Principal) -> list[Places]:
    """The territories of these caps, with who wants to join each."""
    found, wanting = list(caps), _wanting(principal)
    labels = territory_labels(cap.territory for cap in found)
    return [Places(cap.territory, labels[cap.territory], cap, **wanting.get(cap.territory, {})) for cap in found]


def totals(caps: QuerySet[Cap]) -> tuple[int, int]:
    """Places taken and places left in all these territories."""
    sums = caps.order_by().aggregate(taken=Sum("qualified"), total=Sum(F("cap") + F("exceptions")))
    return sums["taken"] or 0, (sums["total"] or 0) - (sums["taken"] or 0)


def found_by(typed: str) -> set[str]:
    """The territories that a typed name answers to: their own, or that of a commune in them."""
    own = {found.key for found in search_territories(typed) if found.key.startswith(CAPPED_LEVELS)}
    return own | {territory_of(commune) for commune in search_communes(typed)}


def uncapped(principal: Principal) -> list[Places]:
    """Territories where somebody wants to join and nobody has set a cap."""
    wanting = _wanting(principal)
    known = set(Cap.objects.filter(pk__in=wanting).values_list("pk", flat=True))
    missing = sorted(wanting.keys() - known)
    labels = territory_labels(missing)
    return [Places(key, labels[key], None, **wanting[key]) for key in missing]


def territory_of(commune: Commune) -> str:
    """The territory a site in this commune counts in."""
    return cap_territory(commune.keys())


def rank_of(application: Application, principal: Principal) -> int:
    """Its rank on its territory's waiting list, the first being 1."""
    before = Application.objects.visible_to(principal).filter(
        state=State.WAITING, decided_at__lt=application.decided_at
    )
    assert application.commune is not None  # what waits was sent, and what was sent has a place
    territory = territory_of(application.commune)
    level, _, code = territory.partition(":")
    same = (
        before.filter(commune__epci=code)
        if level == "epci"
        else before.filter(commune__epci=None, commune__departement=code)
    )
    return same.count() + 1


def _wanting(principal: Principal) -> dict[str, dict[str, int]]:
    """By territory, how many applications of each state are not settled: one query."""
    rows = (
        Application.objects.visible_to(principal)
        .filter(state__in=(State.SUBMITTED, State.WAITING))
        .order_by()
        .values_list("commune__epci", "commune__departement", "state")
        .annotate(count=Count("pk"))
    )
    wanting: dict[str, dict[str, int]] = defaultdict(dict)
    for epci, departement, state, count in rows:
        key = cap_territory(keys_of(commune="", epci=epci, departement=departement, region=""))
        wanting[key][state] = wanting[key].get(state, 0) + count
    return wanting
