"""Coverage of the whole country, counted: how far each commune is from help, and what each territory finds.

Distances are computed in Python over a grid (`coverage_rules.Places`), written by chunks; territories are one GROUP BY.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from actors.permissions import check_decider
from aptic.audit.services import record
from aptic.locks import Lock, wait_lock
from aptic.tenancy.principal import current
from aptic.territories.models import Commune
from aptic.territories.rules import parse_key
from aptic.vocabulary.models import Service
from impact import coverage_rules as rules
from impact.errors import ThresholdsInvalid
from impact.models import CommuneAccess, Coverage, Thresholds

CHUNK = 5000

SITES = """
SELECT s.id, s.actor_id, s.latitude, s.longitude, s.services, s.hours <> '' OR s.opening_hours <> '' FROM actors_site s
  JOIN actors_actor a ON a.organisation_id = s.actor_id
 WHERE s.open AND a.state = 'qualified' AND s.latitude IS NOT NULL
UNION ALL
SELECT s.id, s.actor_id, c.latitude, c.longitude, s.services, s.hours <> '' OR s.opening_hours <> ''
  FROM qualification_round r
  JOIN actors_site s ON s.id = r.site_id JOIN actors_actor a ON a.organisation_id = s.actor_id
  JOIN territories_commune c ON c.code = r.commune_id
 WHERE s.open AND a.state = 'qualified' AND c.latitude IS NOT NULL
"""
WRITE_ACCESS = """
INSERT INTO impact_communeaccess (commune_id, nearest_km, sites, actors, hours_known, services, computed_at)
SELECT code, km, sites, actors, hours, coalesce(string_to_array(nullif(services, ''), ',')::smallint[], '{}'), %(at)s
  FROM unnest(%(codes)s::text[], %(km)s::float8[], %(sites)s::int[], %(actors)s::int[], %(hours)s::int[],
              %(services)s::text[]) AS row (code, km, sites, actors, hours, services)
ON CONFLICT (commune_id) DO UPDATE SET nearest_km = excluded.nearest_km, sites = excluded.sites,
  actors = excluded.actors, hours_known = excluded.hours_known, services = excluded.services,
  computed_at = excluded.computed_at
"""


def places_of_help() -> rules.Places:
    """Every open site of a qualified actor, and the communes of its rounds, in a grid."""
    standard = _standard()
    sites: dict[Any, int] = {}
    actors: dict[Any, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(SITES)
        return rules.Places(
            rules.Help(
                latitude,
                longitude,
                sites.setdefault(site, len(sites)),
                actors.setdefault(actor, len(actors)),
                rules.bits(sorted({standard[one] for one in services if one in standard})),
                known,
            )
            for site, actor, latitude, longitude, services, known in cursor.fetchall()
        )


def _standard() -> dict[int, int]:
    """Of each service, that of the national standard that it is or lies under."""
    above = dict(Service.objects.values_list("pk", "parent"))
    return {pk: next(one for one in _climb(pk, above) if not above.get(one)) for pk in above}


def _climb(pk: int, above: dict[int, int | None]) -> Iterator[int]:
    current_pk: int | None = pk
    while current_pk:
        yield current_pk
        current_pk = above.get(current_pk)


@transaction.atomic
def measure_chunk(places: rules.Places, *, after: str, at: datetime) -> tuple[str, int]:
    """What the next chunk of communes find around them, in the order of their codes: (the last code, how many)."""
    chunk = list(Commune.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "latitude", "longitude")[:CHUNK])
    if chunk:
        _write_access(places, chunk, at)
    return (chunk[-1][0], len(chunk)) if chunk else (after, 0)


def _write_access(places: rules.Places, chunk: list[Any], at: datetime) -> None:
    nowhere = rules.Access(None, 0, 0, 0, 0)
    found = [
        nowhere if latitude is None or longitude is None else places.around(latitude, longitude)
        for _, latitude, longitude in chunk
    ]
    parameters: dict[str, Any] = {
        "at": at,
        "codes": [code for code, _, _ in chunk],
        "km": [one.nearest_km for one in found],
        "sites": [one.sites for one in found],
        "actors": [one.actors for one in found],
        "hours": [one.hours_known for one in found],
        "services": [",".join(map(str, rules.from_bits(one.services))) for one in found],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_ACCESS, parameters)


# Services as standard ones; inhabitants without a point count as far from everything. An actor is one, wherever it
# stands: its open sites weigh alike, and a site on its rounds is shared by the communes where it goes.
TERRITORIES = """
WITH RECURSIVE root (id, top, parent) AS (
  SELECT id, id, parent_id FROM vocabulary_service
  UNION ALL SELECT root.id, v.id, v.parent_id FROM root JOIN vocabulary_service v ON v.id = root.parent
), place AS (
  SELECT s.id, s.actor_id, s.commune_id FROM actors_site s JOIN actors_actor a ON a.organisation_id = s.actor_id
   WHERE s.open AND a.state = 'qualified'
), spot AS (
  SELECT id, actor_id, commune_id FROM place
  UNION SELECT p.id, p.actor_id, r.commune_id FROM place p JOIN qualification_round r ON r.site_id = p.id
), weighed AS (
  SELECT id, actor_id, commune_id, 1::float8 / count(*) OVER (PARTITION BY id) AS weight FROM spot
), shared AS (
  SELECT id, actor_id, commune_id, weight / sum(weight) OVER (PARTITION BY actor_id) AS share FROM weighed
), found AS (
  SELECT w.id, w.actor_id, w.share, key
    FROM shared w JOIN territories_commune c ON c.code = w.commune_id
    CROSS JOIN LATERAL unnest(ARRAY['epci:' || c.epci_id, 'departement:' || c.departement_id,
                                    'region:' || c.region_id, 'france']) AS key
   WHERE key IS NOT NULL
), held AS (
  SELECT key, sum(share) AS shares FROM found GROUP BY key
), stand AS (
  SELECT DISTINCT f.id, f.actor_id, f.key, s.hours <> '' OR s.opening_hours <> '' AS known, s.services
    FROM found f JOIN actors_site s ON s.id = f.id
), helped AS (
  SELECT key, count(*)::int AS sites, count(DISTINCT actor_id)::int AS actors,
         (count(*) FILTER (WHERE known))::int AS hours FROM stand GROUP BY key
), offered AS (
  SELECT key, array_agg(DISTINCT root.top ORDER BY root.top) AS services
    FROM stand CROSS JOIN LATERAL unnest(stand.services) AS one JOIN root ON root.id = one AND root.parent IS NULL
   GROUP BY key
), people AS (
  SELECT key, sum(c.population)::int AS population,
         coalesce(sum(c.population) FILTER (WHERE x.nearest_km <= %(near)s), 0)::int AS near,
         coalesce(sum(c.population) FILTER (WHERE x.nearest_km IS NULL OR x.nearest_km > %(far)s), 0)::int AS far,
         sum(c.population * x.nearest_km) / nullif(sum(c.population) FILTER (WHERE x.nearest_km IS NOT NULL), 0) AS km
    FROM territories_commune c LEFT JOIN impact_communeaccess x ON x.commune_id = c.code
    CROSS JOIN LATERAL unnest(ARRAY['epci:' || c.epci_id, 'departement:' || c.departement_id,
                                    'region:' || c.region_id, 'france']) AS key
   WHERE key IS NOT NULL GROUP BY key
)
SELECT p.key, p.population, p.near, p.far, p.km, coalesce(h.sites, 0), coalesce(h.actors, 0), coalesce(h.hours, 0),
       coalesce(o.services, '{}'), coalesce(held.shares, 0),
       coalesce(r.forecast_cents, 0) + coalesce(r.ordered_forecast_cents, 0)
  FROM people p LEFT JOIN helped h ON h.key = p.key LEFT JOIN offered o ON o.key = p.key
  LEFT JOIN held ON held.key = p.key
  LEFT JOIN impact_territoryratio r ON r.territory = p.key
 ORDER BY p.key
"""
FACTS = ("population", "near_population", "far_population", "mean_km", "sites", "actors", "hours_known", "services",
         "room_cents")  # fmt: skip


@transaction.atomic
def measure_territories(*, at: datetime) -> int:
    """Each EPCI, département, région and the country, judged by the thresholds in force; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(TERRITORIES, {"near": rules.NEAR_KM, "far": rules.FAR_KM})
        counted = cursor.fetchall()
    wait_lock(Lock.VERSIONS)  # thresholds set meanwhile judge what this writes, or are those that it judges by
    needs, version = needs_in_force()
    rows = []
    for territory, *given, services, shares, expected in counted:
        known = dict(zip(FACTS, given, strict=False))
        room = rules.room_cents(actors=shares, expected_cents=expected)
        facts = rules.Facts(**known, services=tuple(services), room_cents=room)
        rows.append(_judged(territory, facts, needs, version, at))
    names = [one.name for one in Coverage._meta.fields if one.name != "territory"]
    Coverage.objects.bulk_create(rows, 500, update_conflicts=True, unique_fields=["territory"], update_fields=names)
    Coverage.objects.exclude(computed_at=at).delete()
    return len(rows)


def _judged(territory: str, facts: rules.Facts, needs: rules.Needs, version: int, at: datetime) -> Coverage:
    lacks = rules.missing(facts, needs)
    known = {name: getattr(facts, name) for name in FACTS}
    return Coverage(
        territory=territory,
        **{**known, "services": list(facts.services)},
        missing=lacks,
        operational=not lacks,
        version=version,
        computed_at=at,
    )


def facts_of(territory: str) -> tuple[rules.Facts, datetime] | None:
    """What is known of a territory of any level, and since when; None before the first computation.

    A commune is judged by what its inhabitants find within 15 km, wherever it stands. One query.
    """
    level, code = parse_key(territory)
    if level != "commune":
        row = Coverage.objects.filter(pk=territory).first()
        return (facts_from(row), row.computed_at) if row else None
    access = CommuneAccess.objects.select_related("commune").filter(pk=code).first()
    if access is None:
        return None
    people, km = access.commune.population, access.nearest_km
    facts = rules.Facts(
        population=people,
        near_population=people if km is not None and km <= rules.NEAR_KM else 0,
        far_population=people if km is None or km > rules.FAR_KM else 0,
        mean_km=km,
        sites=access.sites,
        actors=access.actors,
        hours_known=access.hours_known,
        services=tuple(access.services),
        room_cents=None,
    )
    return facts, access.computed_at


def facts_from(row: Coverage) -> rules.Facts:
    """The facts of a stored row."""
    known = {name: getattr(row, name) for name in FACTS}
    return rules.Facts(**{**known, "services": tuple(row.services)})


def thresholds_in_force() -> Thresholds:
    """The last version; the migration wrote the first."""
    return Thresholds.objects.order_by("-version")[0]


def needs_in_force() -> tuple[rules.Needs, int]:
    """The thresholds as the rules read them, and their version."""
    row = thresholds_in_force()
    return needs_from(row), row.version


def needs_from(row: Thresholds) -> rules.Needs:
    """One version, as the rules read it."""
    return rules.Needs(
        row.near_percent, row.mean_km, row.actors, row.inhabitants_per_site, row.hours_percent, tuple(row.services)
    )


@transaction.atomic
def set_thresholds(*, needs: rules.Needs, reason: str, at: datetime | None = None) -> Thresholds:
    """A new version; every territory is judged again at once, from what was last measured.

    Raises NotAllowed and ThresholdsInvalid.
    """
    check_decider()
    if not reason.strip():
        raise ThresholdsInvalid("Écrivez le motif : il est gardé avec cette version.", field="reason")
    if needs.near_percent > 100 or needs.hours_percent > 100 or needs.inhabitants_per_site < 1:
        raise ThresholdsInvalid("Un pourcentage va de 0 à 100.", field="near_percent")
    now = at or timezone.now()
    wait_lock(Lock.VERSIONS)
    made = Thresholds.objects.create(
        version=thresholds_in_force().version + 1,
        near_percent=needs.near_percent,
        mean_km=needs.mean_km,
        actors=needs.actors,
        inhabitants_per_site=needs.inhabitants_per_site,
        hours_percent=needs.hours_percent,
        services=list(needs.services),
        reason=reason.strip(),
        set_at=now,
        set_by=current().person_id,
    )
    rows = [
        _judged(row.territory, facts_from(row), needs, made.version, row.computed_at) for row in Coverage.objects.all()
    ]
    Coverage.objects.bulk_update(rows, ["missing", "operational", "version"], batch_size=500)
    record(verb="thresholds_set", target=made)
    return made
