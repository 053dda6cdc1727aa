"""Measuring everything at once, where nobody needs to see it go: the demonstration, tests, the benchmark.

`tasks.measure_territories` does the same by steps, each committed, in a job.
"""

from datetime import datetime

from impact import coverage, ratio


def measure_all(*, at: datetime) -> int:
    """Every commune, actor and territory, as a principal who sees every tenant; returns how many territories."""
    places, after, many = coverage.places_of_help(), "", 1
    while many:
        after, many = coverage.measure_chunk(places, after=after, at=at)
    counted = ratio.count(at)
    ratio.write_actors(counted)
    ratio.write_territories(counted)
    return coverage.measure_territories(at=at)
