"""Issuing a million passes, set-based, as the serving role under row-level security."""

import resource
import time

from benchmarks.bed import Bed


def measure(bed: Bed, *, booklets: int = 100_000) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from benchmarks.world import OPERATOR, open_order
    from passes import issuance

    batch = open_order(booklets)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    issuance.fill_batch(batch=batch, principal=OPERATOR)
    seconds = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    work = f"issue {batch.passes:,} passes".replace(",", " ")
    return [(work, f"{seconds:.1f} s, + {grown:.0f} MB", "60 s, + 50 MB", "15 s")]
