"""What whoever holds a code may know: what is left, until when, for which services, and where to go.

Nothing about anybody: not where a pass was used, nor when, nor who handed it out. The code is the only key, so that
the query reads the passes of its own booklet, their state and their value.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import cos, radians
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, ExpressionWrapper, F, FloatField, OrderBy, OuterRef, Q, QuerySet

from actors.models import Site
from aptic.territories.models import Commune
from aptic.territories.rules import distance_km
from passes import redemption
from passes.codes import Code
from passes.errors import CodeUnknown
from passes.models import Booklet, CampaignSite, Pass

NEAREST = 5
_DRAWN = {Pass.State.OPEN: "alive", Pass.State.REDEEMED: "used", Pass.State.EXPIRED: "used"}


class Standing(StrEnum):
    """How a booklet stands today, for the person who holds it."""

    USABLE = "usable"
    NOT_YET = "not_yet"
    NOT_HANDED_OUT = "not_handed_out"
    OVER = "over"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One small ticket of the booklet's row."""

    number: int
    state: str


class Scope(NamedTuple):
    """Where the passes of an operation are taken."""

    campaign_id: uuid.UUID
    services: tuple[int, ...]  # empty: all
    territories: tuple[str, ...]  # empty: everywhere
    restricts_sites: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """A booklet, as the person who holds it reads it."""

    standing: Standing
    passes: tuple[Drawn, ...]
    presented: Pass.State | None  # of the very pass shown; None for a cover
    presented_number: int
    left: int
    value_cents: int  # of one pass
    first_day: date
    last_day: date  # inclusive
    scope: Scope
    passes_per_day: int | None
    phone: str
    funder: str
    around: str | None  # code of the commune of whoever handed it out

    @property
    def services(self) -> tuple[int, ...]:
        """What its passes pay; empty: everything."""
        return self.scope.services

    @property
    def left_cents(self) -> int:
        """What the passes left are worth."""
        return self.left * self.value_cents

    @property
    def usable(self) -> bool:
        """True when a counter would take one of them today."""
        return self.standing == Standing.USABLE


def balance_of(code: Code, *, at: datetime) -> Balance:
    """The balance behind a genuine code, in the running transaction. Raises CodeUnknown when no pass answers to it."""
    redemption.present([code])
    terms = Booklet.objects.filter(pk=code.booklet_id).order_by("pk").values(*_TERMS).first()
    rows = Pass.objects.filter(pk__range=(code.booklet_id << 4, (code.booklet_id << 4) + 15)).order_by("pk")
    states = {pk & 15: Pass.State(state) for pk, state in rows.values_list("pk", "state")}
    if code.is_training or terms is None or not (code.is_cover or code.position in states):
        raise CodeUnknown
    left = sum(state == Pass.State.OPEN for state in states.values())
    zone = ZoneInfo(terms["batch__campaign__time_zone"])
    handed_out = terms["handed_out_at"] is not None or not terms["batch__campaign__needs_hand_out"]
    standing = _standing(
        states=set(states.values()),
        left=left,
        handed_out=handed_out,
        started=terms["batch__activated_at"] is not None and at >= terms["batch__valid_from"],
        over=at >= terms["batch__valid_until"],
    )
    return Balance(
        standing=standing,
        passes=tuple(Drawn(number, _drawn(state, standing)) for number, state in states.items()),
        presented=states.get(code.position),
        presented_number=code.position,
        left=left if standing != Standing.OVER else 0,
        value_cents=terms["batch__face_value_cents"],
        first_day=terms["batch__valid_from"].astimezone(zone).date(),
        last_day=(terms["batch__valid_until"] - timedelta(minutes=1)).astimezone(zone).date(),
        scope=Scope(
            terms["batch__campaign_id"],
            tuple(terms["batch__campaign__services"]),
            tuple(terms["batch__campaign__territories"]),
            terms["batch__campaign__restricts_sites"],
        ),
        passes_per_day=terms["batch__campaign__passes_per_day"],
        phone=terms["batch__campaign__contact_phone"],
        funder=terms["batch__funder__name"],
        around=terms["distributor__commune_id"],
    )


_TERMS = (
    "handed_out_at",
    "distributor__commune_id",
    "batch__activated_at",
    "batch__valid_from",
    "batch__valid_until",
    "batch__face_value_cents",
    "batch__campaign_id",
    "batch__campaign__needs_hand_out",
    "batch__campaign__restricts_sites",
    "batch__campaign__services",
    "batch__campaign__territories",
    "batch__campaign__passes_per_day",
    "batch__campaign__time_zone",
    "batch__campaign__contact_phone",
    "batch__funder__name",
)


def _standing(*, states: set[Pass.State], left: int, handed_out: bool, started: bool, over: bool) -> Standing:
    """The first thing the person must know, in the order that helps most."""
    if over or states <= {Pass.State.EXPIRED}:
        return Standing.OVER
    if not left:
        gone = {Pass.State.BLOCKED: Standing.BLOCKED, Pass.State.REPLACED: Standing.REPLACED}
        return next((standing for state, standing in gone.items() if state in states), Standing.USED_UP)
    if not started:
        return Standing.NOT_YET
    return Standing.USABLE if handed_out else Standing.NOT_HANDED_OUT


def _drawn(state: Pass.State, standing: Standing) -> str:
    """A pass that nobody will ever take again is drawn hollow, whatever its row says."""
    if standing == Standing.OVER:
        return "used"
    return _DRAWN.get(state, "no")


@dataclass(frozen=True, slots=True)
class NearSite:
    """A place to go, and how far it is from where one asked."""

    site: Site
    distance_km: float | None


def sites_for(scope: Scope) -> QuerySet[Site]:
    """The open sites that take these passes. A site that has not said what it offers may offer it.

    What a counter knows without a network is the same rule (`sql/knowledge.sql`).
    """
    sites = Site.objects.open_to_public().select_related("commune")
    if scope.territories:
        sites = sites.filter(territories__overlap=list(scope.territories))
    if scope.services:
        sites = sites.filter(Q(services__overlap=list(scope.services)) | Q(services=[]))
    if scope.restricts_sites:
        named = CampaignSite.objects.filter(campaign_id=scope.campaign_id, site_id=OuterRef("pk"))
        sites = sites.filter(Exists(named))
    return sites


def nearest(sites: QuerySet[Site], centre: Commune | Site, *, limit: int = NEAREST) -> list[NearSite]:
    """The sites closest to a commune or to another site, closest first; those of its commune when it has no point."""
    if centre.latitude is None or centre.longitude is None:
        commune = centre.commune_id if isinstance(centre, Site) else centre.pk
        return [NearSite(site, None) for site in sites.filter(commune_id=commune)[:limit]]
    found = sites.order_by(nearness(centre.latitude, centre.longitude), "search_key", "pk")[:limit]
    return [NearSite(site, kilometres(site, centre)) for site in found]


def nearness(latitude: float, longitude: float) -> OrderBy:
    """The closest first: degrees on a flat Earth order a few hundred kilometres as well as the sphere does."""
    north = F("latitude") - latitude
    east = (F("longitude") - longitude) * cos(radians(latitude))
    square = ExpressionWrapper(north * north + east * east, output_field=FloatField())
    return square.asc(nulls_last=True)


def kilometres(site: Site, centre: Commune | Site) -> float | None:
    """The distance to show; None where either has no point."""
    if None in (site.latitude, site.longitude, centre.latitude, centre.longitude):
        return None
    return distance_km(centre.latitude, centre.longitude, site.latitude, site.longitude)  # type: ignore[arg-type]


def address_of(site: Site) -> str:
    """Street, postcode and commune on one line."""
    place = f"{site.commune.postcode} {site.commune.name}".strip()
    return ", ".join(part for part in (site.address, place) if part)
