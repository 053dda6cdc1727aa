"""Measure the public directory at national size, 9,000 sites among 34,969 communes: a search, one site's page,
and taking in a file of 20,000 places.

Requests go through the whole project (middleware, view, template) in this process: what the server needs to answer.
"""

import csv
import io
import resource
import time
from collections.abc import Iterable
from itertools import cycle, islice

from django.test import Client

from benchmarks.bed import Bed

REQUESTS, ROWS = 200, 20_000
PLACES = ("", "Bègles", "75011", "Lyon", "Gironde", "59", "Quimper", "13200", "Saint-Étienne", "97400")
ASKED = ("", "service=aide-aux-demarches-administratives", "ouvert=1", "acces=walk_in&ouvert=1", "page=40")


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from actors.models import Site
    from benchmarks import country

    country.network(bed)
    searches = [f"/lieux/?q={place}&{asked}" for place in PLACES for asked in ASKED]
    pages = [f"/lieux/{pk}/" for pk in Site.objects.order_by("pk").values_list("pk", flat=True)[:50]]
    work = "directory of 9 000 sites"
    return [
        (f"{work}: a search and its page", _said(bed, searches), "p95 100 ms", "p95 50 ms"),
        (f"{work}: the page of a site", _said(bed, pages), "p95 200 ms", "p95 50 ms"),
        (f"import of {ROWS:,} places from a CSV".replace(",", " "), _import(bed), "60 s, flat", "30 s"),
        ("the same file again", _import(bed), "60 s, flat", "15 s"),
    ]


def _import(bed: Bed) -> str:
    """Seconds, CPU and memory of taking in one file of `ROWS` entries, from its upload to its end."""
    from actors.open_data import importing
    from aptic.jobs import running
    from aptic.tenancy.models import Organisation
    from aptic.tenancy.principal import Hat, Principal, acting

    operator = Principal(hat=Hat.OPERATOR)
    with acting(operator):
        organisation, _ = Organisation.objects.get_or_create(is_operator=True, defaults={"name": "Opérateur"})
    content = _file()
    before, cpu, start = _memory(), bed.postgres_cpu() + time.process_time(), time.perf_counter()
    with acting(Principal(hat=Hat.OPERATOR, organisation_id=organisation.pk)):
        file = importing.start_import(source="Mesure", filename="mesure.csv", content=content)
    assert file.job_id
    assert running.run(file.job_id)
    seconds, cpu = time.perf_counter() - start, bed.postgres_cpu() + time.process_time() - cpu
    with acting(operator):
        file.refresh_from_db()
    if (file.rows, file.refused) != (ROWS, 0):
        raise RuntimeError(f"{file.rows} rows, {file.refused} refused")
    return f"{seconds:.1f} s ({cpu:.0f} s CPU), + {_memory() - before:.0f} MB"


def _file() -> bytes:
    """Entries all over the country, with what the national map usually says."""
    from actors.open_data.schema import COLUMNS
    from aptic.territories.models import Commune

    communes = list(Commune.objects.exclude(postcodes=[]).order_by("pk").values_list("pk", "name", "postcodes"))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    for number in range(ROWS):
        code, name, postcodes = communes[number * 7 % len(communes)]
        writer.writerow(
            {
                "id": f"mesure-{number}",
                "pivot": "43493312300029",
                "nom": f"Lieu {number}",
                "commune": name,
                "code_postal": postcodes[0],
                "code_insee": code,
                "adresse": f"{number % 90 + 1} rue Haute",
                "latitude": "46.5",
                "longitude": "2.5",
                "telephone": "+33556000000",
                "courriels": f"lieu{number}@mesure.example",
                "horaires": f"Mo-Fr {8 + number % 4:02}:{number % 60:02}-12:00,14:00-{16 + number % 3}:00",
                "date_maj": "2026-11-02",
                "services": "Aide aux démarches administratives|Loisirs et créations numériques",
                "modalites_acces": "Se présenter|Téléphoner",
            }
        )
    return text.getvalue().encode()


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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


def _said(bed: Bed, addresses: Iterable[str]) -> str:
    cpu = bed.postgres_cpu() + time.process_time()
    taken = _times(addresses)
    cpu = (bed.postgres_cpu() + time.process_time() - cpu) / (REQUESTS + 50) * 1000
    return f"p50 {taken[len(taken) // 2]:.0f} ms, p95 {taken[int(len(taken) * 0.95)]:.0f} ms; {cpu:.0f} ms CPU each"
