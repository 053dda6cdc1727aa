"""How busy the machine is: a promise in seconds is kept by the product, and not by who else computes beside a test."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

PROBE = 2.0  # seconds
QUIET = 1.1  # times: what is measured then is the product's own
MOST = 4.0  # a busier machine tells nothing of the product, and a promise is not taken for kept


@dataclass
class Timed:
    """How long a block took, and how many times longer than it computes a program took around it."""

    seconds: float = 0.0
    factor: float = 1.0

    def quiet(self, *, idle: float = 0.0) -> float:
        """What it takes on a machine of its own, `idle` seconds of it being no work: they pass as fast anywhere."""
        idle = min(idle, self.seconds)
        return idle + (self.seconds - idle) / self.factor


@contextmanager
def timed() -> Iterator[Timed]:
    """Time a block; how long a program waits for a core is measured before and after it, while the block rests."""
    made, before = Timed(), waiting()
    began = time.perf_counter()
    yield made
    made.seconds = time.perf_counter() - began
    made.factor = (before + waiting()) / 2


def best(rounds: list[tuple[float, float]]) -> float:
    """Of rounds (what was measured, how busy the machine was): the least of the quiet ones, as it was measured.

    The load is taken out only where no round was quiet: what a quiet machine shows is not excused by a busy one.
    """
    quiet = [measured for measured, factor in rounds if factor <= QUIET]
    return min(quiet or [measured / factor for measured, factor in rounds])


def waiting() -> float:
    """How many times longer than it computes a program takes now, `MOST` at most; 1 where it never waits for a core."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        return min(MOST, max(1.0, sum(pool.map(_compute, range(cores))) / cores))


def _compute(_: int) -> float:
    began, had, block = time.perf_counter(), time.thread_time(), bytes(4 << 20)
    while time.perf_counter() - began < PROBE:
        hashlib.sha256(block)  # lets the other threads run meanwhile
    return (time.perf_counter() - began) / (time.thread_time() - had)
