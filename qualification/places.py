"""How full the territories are, as pages show it: places, those who wait, territories that nobody has counted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Prefetch, QuerySet, Sum
from django.db.models.functions import Greatest

from actors.places import cap_territory
from aptic.tenancy.principal import Principal
from aptic.territories.models import Commune
from aptic.territories.rules import keys_of
from aptic.territories.services import search_communes, search_territories, territory_labels
from qualification.cap_rules import LEVELS
from qualification.models import Application, ApplicationSite, Cap

State = Application.State
Wish = tuple[list[str], str, int]  # the keys of a commune, a state, how many
WITH_SITES = Prefetch("sites", ApplicationSite.objects.select_related("commune"))


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
        return self.cap.places if self.cap else 0

    @property
    def free(self) -> int:
        """How many are left."""
        return self.cap.free if self.cap else 0


def places_of(caps: Iterable[Cap], wishes: Iterable[Wish]) -> list[Places]:
    """The territories of these caps, with who wants to join each."""
    found, wanting = list(caps), _wanting(wishes)
    labels = territory_labels(cap.territory for cap in found)
    return [Places(cap.territory, labels[cap.territory], cap, **wanting.get(cap.territory, {})) for cap in found]


def totals(caps: QuerySet[Cap]) -> tuple[int, int]:
    """Places taken and places left in all these territories; those held « par extinction » leave none."""
    free = Greatest(F("cap") + F("exceptions") - F("qualified"), 0)
    sums = caps.order_by().aggregate(taken=Sum("qualified"), free=Sum(free))
    return sums["taken"] or 0, sums["free"] or 0


def found_by(typed: str) -> set[str]:
    """The territories that a typed name answers to: their own, or those of a commune of that name."""
    own = {found.key for found in search_territories(typed) if found.key.startswith(LEVELS)}
    return own.union(*(commune.keys() for commune in search_communes(typed)))


def uncapped(wishes: Iterable[Wish]) -> list[Places]:
    """Territories where somebody wants to join and no level has a cap."""
    usual = {cap_territory(keys): keys for keys, _, _ in wishes}
    known = set(Cap.objects.order_by().values_list("pk", flat=True))  # a few thousand, fewer than what is asked for
    missing = sorted(key for key, keys in usual.items() if known.isdisjoint(keys))
    labels, wanting = territory_labels(missing), _wanting(wishes)
    return [Places(key, labels[key], None, **wanting[key]) for key in missing]


def sites_of(application: Application) -> list[list[str]]:
    """The territory keys of each site that an application asks for: what accepting it takes places in."""
    return [site.commune.keys() for site in application.sites.all() if site.commune is not None]


def territory_of(commune: Commune) -> str:
    """The territory whose waiting list a site in this commune joins: its EPCI, or its département."""
    return cap_territory(commune.keys())


def rank_of(application: Application, principal: Principal) -> int:
    """Its rank on its territory's waiting list, the first being 1."""
    return _waiting_beside(application, principal).filter(decided_at__lt=application.decided_at).count() + 1


def passed_by(application: Application, principal: Principal) -> int:
    """How many wait for its territory, whom a newcomer that is accepted would pass."""
    return _waiting_beside(application, principal).count()


def _waiting_beside(application: Application, principal: Principal) -> QuerySet[Application]:
    """Those who wait for the territory whose list its own commune joins."""
    assert application.commune is not None  # what is answered was sent, and what was sent has a place
    level, _, code = territory_of(application.commune).partition(":")
    found = Application.objects.visible_to(principal).filter(state=State.WAITING)
    if level == "epci":
        return found.filter(commune__epci=code)
    return found.filter(commune__epci=None, commune__departement=code)


def _wanting(wishes: Iterable[Wish]) -> dict[str, dict[str, int]]:
    """By territory of any level, how many applications of each state are not settled."""
    wanting: dict[str, dict[str, int]] = defaultdict(dict)
    for keys, state, count in wishes:
        for key in keys:
            wanting[key][state] = wanting[key].get(state, 0) + count
    return wanting


def wishes_of(principal: Principal) -> list[Wish]:
    """The applications that are not settled, by commune and state: one query."""
    rows = (
        Application.objects.visible_to(principal)
        .filter(state__in=(State.SUBMITTED, State.WAITING))
        .order_by()
        .values_list("commune", "commune__epci", "commune__departement", "commune__region", "state")
        .annotate(count=Count("pk"))
    )
    return [
        (keys_of(commune=commune, epci=epci, departement=departement, region=region), state, count)
        for commune, epci, departement, region, state, count in rows
    ]
