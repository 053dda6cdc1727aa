"""Measure the coverage of the whole country, 34,969 communes and 9,000 sites of 3,000 actors, and its page."""

import itertools
import resource
import time
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from aptic.tenancy.principal import Hat, Principal, acting
from benchmarks.bed import Bed

SITES, ACTORS = 9_000, 3_000

FILL = """
INSERT INTO tenancy_organisation (id, name, search_key, address, email, phone, is_operator, is_funder, is_distributor,
                                  is_actor, is_hub, created_at)
SELECT gen_random_uuid(), 'Couverture ' || n, 'couverture ' || n, '', '', '', false, false, false, true, false, now()
  FROM generate_series(1, %(actors)s) n;
INSERT INTO actors_actor (organisation_id, state, qualified_at, suspension_reason, charges_vat, updated_at)
SELECT id, 'qualified', now(), '', false, now() FROM tenancy_organisation WHERE search_key LIKE 'couverture %%';
WITH commune AS (
  SELECT c.*, row_number() OVER (ORDER BY md5(c.code)) - 1 AS rank FROM territories_commune c WHERE latitude IS NOT NULL
), actor AS (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM tenancy_organisation WHERE search_key LIKE 'couverture %%'
)
INSERT INTO actors_site (id, actor_id, name, search_key, address, commune_id, territories, latitude, longitude, phone,
                         email, hours, services, open, closed_reason, closed_by_operator, quick_mode, created_at)
SELECT gen_random_uuid(), a.id, 'Lieu', 'lieu', '-', c.code,
       array_remove(ARRAY['commune:' || c.code, 'epci:' || c.epci_id, 'departement:' || c.departement_id,
                          'region:' || c.region_id, 'france'], NULL),
       c.latitude, c.longitude, '-', '', 'Le lundi', '{1,2,4}', true, '', false, false, now()
  FROM commune c JOIN actor a ON a.rank = c.rank %% %(actors)s WHERE c.rank < %(sites)s
"""


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from django.core.management import call_command

    call_command("load_territories", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"actors": ACTORS, "sites": SITES})
        cursor.execute("ANALYZE")
    found = run()
    communes, sites, actors = (f"{count:,}".replace(",", " ") for count in (found["communes"], SITES, ACTORS))
    steps = ", ".join(f"{name} {found[name]:.1f}" for name in ("grid", "near", "ratio", "territories"))
    return [
        (
            f"coverage of {communes} communes, {sites} sites of {actors} actors",
            f"{found['seconds']:.1f} s ({steps}), + {found['memory_mb']:.0f} MB",
            "60 s",
            "15 s",
        ),
        ("its map and the first page of its table", f"{show() * 1000:.0f} ms", "200 ms", "100 ms"),
    ]


def show() -> float:
    """Seconds that the whole country's page asks of the server, the middle one of five."""
    from impact import territories

    taken = []
    for _ in range(5):
        start = time.perf_counter()
        with acting(Principal(hat=Hat.OPERATOR)):
            territories.map_of(level="epci", departement="", by_caps=True)
            territories.lines(territories.chosen(level="epci", state="")[:25])
        taken.append(time.perf_counter() - start)
    return sorted(taken)[2]


def run() -> dict[str, float]:
    """Seconds of each step and their sum, and how much this process's memory grew, in megabytes."""
    from impact import coverage, ratio

    Path("/proc/self/clear_refs").write_text("5")  # forget the peak that loading the communes left
    before, at, after, many, communes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, timezone.now(), "", 1, 0
    marks = [time.perf_counter()]
    operator = Principal(hat=Hat.OPERATOR)
    with acting(operator):
        places = coverage.places_of_help()
    marks.append(time.perf_counter())
    while many:
        with acting(operator):
            after, many = coverage.measure_chunk(places, after=after, at=at)
        communes += many
    marks.append(time.perf_counter())
    with acting(operator), transaction.atomic():
        counted = ratio.count(at)
        ratio.write_actors(counted)
        ratio.write_territories(counted)
    marks.append(time.perf_counter())
    with acting(operator):
        coverage.measure_territories(at=at)
    marks.append(time.perf_counter())
    grid, near, ratios, territories = (end - start for start, end in itertools.pairwise(marks))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {
        "communes": communes,
        "grid": grid,
        "near": near,
        "ratio": ratios,
        "territories": territories,
        "seconds": marks[-1] - marks[0],
        "memory_mb": grown,
    }
