"""Measure the public directory at national size, 9,000 sites among 34,969 communes: a search, and one site's page.

Requests go through the whole project (middleware, view, template) in this process: what the server needs to answer.
"""

import time
from collections.abc import Iterable
from itertools import cycle, islice

from django.db import connections
from django.test import Client

from benchmarks.bed import Bed

SITES, ACTORS, REQUESTS = 9_000, 3_000, 200
PLACES = ("", "Bègles", "75011", "Lyon", "Gironde", "59", "Quimper", "13200", "Saint-Étienne", "97400")
ASKED = ("", "service=aide-aux-demarches-administratives", "ouvert=1", "acces=walk_in&ouvert=1", "page=40")

FILL = """
INSERT INTO tenancy_organisation (id, name, search_key, address, email, phone, is_operator, is_funder, is_distributor,
                                  is_actor, is_hub, created_at)
SELECT gen_random_uuid(), 'Annuaire ' || n, 'annuaire ' || n, '', '', '', false, false, false, true, false, now()
  FROM generate_series(1, %(actors)s) n;
INSERT INTO actors_actor (organisation_id, state, qualified_at, suspension_reason, charges_vat, updated_at)
SELECT id, 'qualified', now(), '', false, now() FROM tenancy_organisation WHERE search_key LIKE 'annuaire %%';
WITH commune AS (
  SELECT c.*, row_number() OVER (ORDER BY md5(c.code)) - 1 AS rank FROM territories_commune c WHERE latitude IS NOT NULL
), actor AS (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM tenancy_organisation WHERE search_key LIKE 'annuaire %%'
)
INSERT INTO actors_site (id, actor_id, name, search_key, address, commune_id, territories, latitude, longitude, phone,
                         email, hours, opening_hours, services, access_modes, open, closed_reason, closed_by_operator,
                         quick_mode, created_at)
SELECT gen_random_uuid(), a.id, 'Lieu ' || c.rank, 'lieu ' || c.rank, '2 rue Haute', c.code,
       array_remove(ARRAY['commune:' || c.code, 'epci:' || c.epci_id, 'departement:' || c.departement_id,
                          'region:' || c.region_id, 'france'], NULL),
       c.latitude, c.longitude, '0500000000', '', '',
       (ARRAY['Mo-Fr ', 'Mo,Tu,Th,Fr ', 'Tu-Sa ', 'We ', 'Mo-Th '])[1 + c.rank %% 5]
         || lpad((8 + c.rank %% 4)::text, 2, '0')
         || (ARRAY[':00', ':15', ':30'])[1 + c.rank / 11 %% 3] || '-12:00,14:00-' || 16 + c.rank %% 3
         || (ARRAY[':00', ':30'])[1 + c.rank / 7 %% 2] || (ARRAY['; PH off', ''])[1 + c.rank / 5 %% 2],
       ARRAY[1, 2 + c.rank %% 7], CASE WHEN c.rank %% 3 = 0 THEN '{call}' ELSE '{walk_in,call}' END::varchar[],
       true, '', false, false, now()
  FROM commune c JOIN actor a ON a.rank = c.rank %% %(actors)s WHERE c.rank < %(sites)s
"""


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from django.core.management import call_command

    from actors.models import Site

    call_command("load_territories", verbosity=0)
    call_command("collectstatic", "--noinput", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"actors": ACTORS, "sites": SITES})
        cursor.execute("ANALYZE")
    searches = [f"/lieux/?q={place}&{asked}" for place in PLACES for asked in ASKED]
    pages = [f"/lieux/{pk}/" for pk in Site.objects.order_by("pk").values_list("pk", flat=True)[:50]]
    work = "directory of 9 000 sites"
    return [
        (f"{work}: a search and its page", _said(_times(searches)), "p95 100 ms", "p95 50 ms"),
        (f"{work}: the page of a site", _said(_times(pages)), "p95 200 ms", "p95 50 ms"),
    ]


def _times(addresses: Iterable[str]) -> list[float]:
    """Milliseconds of each of `REQUESTS` requests in turn, after one round that fills what is kept in memory."""
    client = Client(SERVER_NAME="localhost")
    addresses = list(addresses)
    taken = []
    for rank, address in enumerate(islice(cycle(addresses), len(addresses) + REQUESTS)):
        start = time.perf_counter()
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        if rank >= len(addresses):
            taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def _said(taken: list[float]) -> str:
    return f"p50 {taken[len(taken) // 2]:.0f} ms, p95 {taken[int(len(taken) * 0.95)]:.0f} ms"
