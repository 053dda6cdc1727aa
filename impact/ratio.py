"""The consolidating ratio, counted: what each actor earned and may expect, and each territory. Set-based, by a job.

Passes are near where they are held or were handed out: the département of the distributor, or of the funder that still
holds them. What is expected of a département is shared as its passes were used over twelve months; where none was,
by population.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from aptic.ledger.balances import PATIENCE
from aptic.tenancy.principal import Principal
from aptic.territories.models import Commune
from aptic.territories.rules import FRANCE, key, keys_of
from impact import ratio_rules
from impact.figures import PAID, REPLACED
from impact.models import ActorRatio, TerritoryRatio
from impact.ratio_rules import Method, Origin
from qualification.forecasts import Forecast

QUARTER, YEAR = timedelta(days=91), timedelta(days=365)
QUARTERS_BACK = 8
CHUNK = 1000

# One scan of the booklets and one of the redemptions; a batch counts while its passes may be used.
ORIGINS = f"""
WITH {REPLACED}, near AS (
  SELECT o.id, c.departement_id AS place FROM tenancy_organisation o JOIN territories_commune c ON c.code = o.commune_id
), issued AS (
  SELECT b.id AS batch, n.place, b.activated_at, b.valid_until,
         sum(b.passes_per_booklet - coalesce(o.passes, 0)) * b.face_value_cents AS cents
    FROM passes_booklet k JOIN passes_batch b ON b.id = k.batch_id LEFT JOIN replaced o ON o.booklet_id = k.id
    JOIN near n ON n.id = coalesce(k.distributor_id, k.funder_id)
   WHERE b.activated_at IS NOT NULL GROUP BY b.id, n.place
), used AS (
  SELECT r.batch_id AS batch, n.place, floor(extract(epoch FROM %(at)s - r.accounted_at) / %(quarter)s)::int AS ago,
         sum(r.value_cents) AS cents
    FROM passes_redemption r JOIN near n ON n.id = coalesce(r.distributor_id, r.funder_id)
    LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at <= %(at)s GROUP BY 1, 2, 3
), origin AS (
  SELECT ago, %(at)s - ago * make_interval(secs => %(quarter)s) AS at FROM generate_series(0, %(back)s) AS ago
), seen AS (
  SELECT o.ago, u.batch, u.place, sum(u.cents) FILTER (WHERE u.ago >= o.ago) AS before,
         sum(u.cents) FILTER (WHERE u.ago = o.ago - 1) AS next
    FROM origin o JOIN used u ON u.ago >= o.ago - 1 GROUP BY 1, 2, 3
)
SELECT o.ago, i.place, sum(greatest(0, i.cents - coalesce(s.before, 0)))::bigint, sum(coalesce(s.next, 0))::bigint
  FROM origin o JOIN issued i ON i.activated_at <= o.at AND i.valid_until > o.at
  LEFT JOIN seen s ON s.ago = o.ago AND s.batch = i.batch AND s.place = i.place
 GROUP BY o.ago, i.place
"""
# What is ordered and not yet in circulation, where whoever ordered it is, as passes that nobody sent on.
ORDERED = """
SELECT c.departement_id, sum(o.booklets::bigint * o.passes_per_booklet * o.face_value_cents)::bigint
  FROM funders_order o JOIN funders_campaign w ON w.id = o.campaign_id
  JOIN tenancy_organisation f ON f.id = o.funder_id JOIN territories_commune c ON c.code = f.commune_id
  LEFT JOIN passes_batch b ON b.order_id = o.id
 WHERE o.state <> 'cancelled' AND o.placed_at <= %(at)s AND b.activated_at IS NULL
   AND w.state = 'open' AND w.ends_on >= %(day)s
 GROUP BY 1
"""
EARNED = """
SELECT r.actor_id, s.commune_id, c.epci_id, c.departement_id, c.region_id,
       coalesce(sum(r.value_cents) FILTER (WHERE r.accounted_at > %(year)s), 0)::bigint,
       coalesce(sum(r.value_cents) FILTER (WHERE r.accounted_at <= %(year)s), 0)::bigint,
       coalesce(sum(r.value_cents) FILTER (WHERE r.accounted_at > %(quarter)s), 0)::bigint
  FROM passes_redemption r JOIN actors_site s ON s.id = r.site_id JOIN territories_commune c ON c.code = s.commune_id
  LEFT JOIN passes_void v ON v.redemption_id = r.id
 WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at > %(before)s AND r.accounted_at <= %(at)s
 GROUP BY 1, 2, 3, 4, 5
"""
# How long each actor waited for its money, over the passes of the year that were paid: too long a way for a page.
DELAYS = f"""
WITH RECURSIVE live AS (
  SELECT r.id, r.value_cents, r.actor_id, r.accounted_at
    FROM passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at > %(year)s AND r.accounted_at <= %(at)s
), {PAID}
SELECT live.actor_id, avg(extract(epoch FROM paid.settled_at - live.accounted_at))::float8 / 86400
  FROM live JOIN paid ON paid.id = live.id GROUP BY 1
"""
# Who is where: each actor once in each territory where its open sites help.
STANDS = """
SELECT DISTINCT key, s.actor_id FROM actors_site s JOIN actors_actor a ON a.organisation_id = s.actor_id
  CROSS JOIN LATERAL unnest(s.territories) AS key
 WHERE s.open AND a.state <> 'removed'
"""


@dataclass(slots=True)
class Earned:
    """What one actor redeemed, in cents."""

    year: int = 0
    before: int = 0
    quarter: int = 0
    by_departement: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class Counted:
    """Everything that both tables are made of."""

    at: datetime
    method: Method
    stock: dict[str, int]  # by département
    ordered: dict[str, int]  # by département, not yet in circulation
    actors: dict[uuid.UUID, Earned] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by territory key, over a year
    keys: dict[str, list[str]] = field(default_factory=dict)  # of each commune with a use
    delays: dict[uuid.UUID, float] = field(default_factory=dict)  # days from the redemption to the bank
    qualified: dict[uuid.UUID, datetime] = field(default_factory=dict)
    present: dict[str, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))

    def alert(self, actor: uuid.UUID) -> str:
        """What the ratio says of it."""
        earned, days = self.actors.get(actor, Earned()), (self.at - self.qualified[actor]).days
        return ratio_rules.alert(earned_cents=earned.year, pace_cents=earned.quarter * 4, days=days)


def count(at: datetime) -> Counted:
    """Read everything, as a principal who sees every tenant. Seven statements."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
    quarter = QUARTER.total_seconds()
    origins = [Origin(*row) for row in _rows(ORIGINS, {"at": at, "quarter": quarter, "back": QUARTERS_BACK})]
    stock = {one.place: one.stock_cents for one in origins if one.ago == 0}
    ordered = dict(_rows(ORDERED, {"at": at, "day": timezone.localdate(at)}))
    counted = Counted(at, ratio_rules.learn(origins), stock, ordered)
    dates = {"at": at, "year": at - YEAR, "before": at - 2 * YEAR, "quarter": at - QUARTER}
    for actor, commune, epci, departement, region, year, before, last in _rows(EARNED, dates):
        earned = counted.actors.setdefault(actor, Earned())
        earned.year, earned.before, earned.quarter = earned.year + year, earned.before + before, earned.quarter + last
        earned.by_departement[departement] += year
        keys = counted.keys[commune] = keys_of(commune=commune, epci=epci, departement=departement, region=region)
        for territory in keys:
            counted.used[territory] += year
    counted.delays = dict(_rows(DELAYS, dates))
    counted.qualified = dict(
        _rows("SELECT organisation_id, qualified_at FROM actors_actor WHERE state <> 'removed'", {})
    )
    for territory, actor in _rows(STANDS, {}):
        counted.present[territory].append(actor)
    return counted


@transaction.atomic
def write_actors(counted: Counted) -> int:
    """A row for each actor in the network; returns how many."""
    whole: dict[str, int] = defaultdict(int)
    for earned in counted.actors.values():
        for departement, cents in earned.by_departement.items():
            whole[departement] += cents
    rows = []
    for actor in counted.qualified:
        earned = counted.actors.get(actor, Earned())
        expected = None
        if earned.year:
            expected = sum(
                counted.method.yearly(counted.stock.get(departement, 0)) * cents // whole[departement]
                for departement, cents in earned.by_departement.items()
                if cents
            )
        row = ActorRatio(
            actor_id=actor,
            earned_cents=earned.year,
            before_cents=earned.before,
            pace_cents=earned.quarter * 4,
            alert=counted.alert(actor),
            days_to_payment=counted.delays.get(actor),
            **_forecast(counted, expected),
        )
        rows.append(row)
    return _replace(ActorRatio, rows, "actor", counted.at)


@transaction.atomic
def write_territories(counted: Counted) -> int:
    """A row for each territory with passes near, or actors; returns how many."""
    yearly = counted.method.yearly
    stock, expected, ordered, ahead = _by_territory(
        counted, (counted.stock, _each(yearly, counted.stock), counted.ordered, _each(yearly, counted.ordered))
    )
    rows = []
    for territory in sorted(stock.keys() | ordered.keys() | counted.present.keys() | counted.used.keys()):
        actors = [one for one in counted.present.get(territory, ()) if one in counted.qualified]
        alerts = [counted.alert(one) for one in actors]
        spread = ratio_rules.spread([counted.actors.get(one, Earned()).year for one in actors])
        row = TerritoryRatio(
            territory=territory,
            stock_cents=stock.get(territory, 0),
            ordered_cents=ordered.get(territory, 0),
            ordered_forecast_cents=ahead.get(territory, 0),
            earned_cents=counted.used.get(territory, 0),
            actors=len(actors),
            starving=alerts.count("starving"),
            overloaded=alerts.count("overloaded"),
            lowest_cents=spread.lowest,
            median_cents=spread.median,
            highest_cents=spread.highest,
            **_forecast(counted, expected.get(territory, 0)),
        )
        rows.append(row)
    return _replace(TerritoryRatio, rows, "territory", counted.at)


def _each(change: Callable[[int], int], amounts: dict[str, int]) -> dict[str, int]:
    return {name: change(cents) for name, cents in amounts.items()}


def _by_territory(counted: Counted, amounts: Sequence[dict[str, int]]) -> list[dict[str, int]]:
    """Amounts by département, each shared among the territories inside and counted in those around."""
    found: list[dict[str, int]] = [defaultdict(int) for _ in amounts]
    for departement in {name: None for known in amounts for name in known}:
        own = key("departement", departement)
        weights = {
            keys[0]: counted.used[keys[0]] for keys in counted.keys.values() if own in keys and counted.used[keys[0]]
        }
        above = {keys[0]: keys[1:] for keys in counted.keys.values()} if weights else {}
        if not weights:
            weights, above = _by_population(departement)
        for known, by_territory in zip(amounts, found, strict=True):
            for place, part in ratio_rules.shared(known.get(departement, 0), weights).items():
                for territory in [place, *above[place]]:
                    by_territory[territory] += part
    return found


def _by_population(departement: str) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Where no pass was used yet: inhabitants by EPCI of the département, and the territories around each."""
    rows = (
        Commune.objects.filter(departement=departement)
        .order_by()
        .values_list("epci", "region")
        .annotate(people=Sum("population"))
    )
    weights: dict[str, int] = {}
    above: dict[str, list[str]] = {}
    for epci, region, people in rows:
        around = [key("departement", departement), key("region", region), FRANCE]
        place = key("epci", epci) if epci else f"hors:{departement}"
        weights[place], above[place] = people, around
    return weights, above


def _forecast(counted: Counted, cents: int | None) -> dict[str, Any]:
    method = counted.method
    low, high = method.interval(cents) if cents is not None else (None, None)
    known = {"forecast_cents": cents, "low_cents": low, "high_cents": high}
    return {**known, "error": method.error, "tested": method.tested, "computed_at": counted.at}


def _replace(model: Any, rows: list[Any], own: str, at: datetime) -> int:
    """Write the rows over the former ones, and forget those of who is gone."""
    rows = [row for row in rows if not str(row.pk).startswith("hors:")]
    names = [one.name for one in model._meta.fields if one.name != own]
    model.objects.bulk_create(rows, batch_size=CHUNK, update_conflicts=True, unique_fields=[own], update_fields=names)
    model.objects.exclude(computed_at=at).delete()
    return len(rows)


def alerts(principal: Principal) -> Counter[str]:
    """How many actors are in each state that the ratio tells ("starving", "overloaded"…). One query."""
    rows = ActorRatio.objects.visible_to(principal).order_by().values_list("alert").annotate(Count("pk"))
    return Counter(dict(rows))


def forecasts_of(territories: Iterable[str]) -> Mapping[str, Forecast]:
    """What `qualification.forecasts` asks for; the operator alone may read it. One query."""
    found = TerritoryRatio.objects.filter(pk__in=list(territories), forecast_cents__isnull=False)
    return {row.territory: Forecast(row.forecast_cents or 0, row.low_cents, row.high_cents) for row in found}


def _rows(sql: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
