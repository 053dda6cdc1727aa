"""Measure the coverage of the whole country, 34,969 communes, 9,000 sites of 3,000 actors and five years of passes."""

import itertools
import resource
import time
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from aptic.tenancy.principal import Hat, Principal, acting
from benchmarks.bed import Bed


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from benchmarks import country

    country.five_years(bed)
    found = run()
    counts = (found["communes"], country.SITES, country.ACTORS)
    communes, sites, actors = (f"{count:,}".replace(",", " ") for count in counts)
    steps = ", ".join(f"{name} {found[name]:.1f}" for name in ("grid", "near", "ratio", "territories"))
    return [
        (
            f"coverage of {communes} communes, {sites} sites of {actors} actors, five years of passes",
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
            territories.map_of(level="epci", by_caps=True)
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
