"""Booklets to PDF with signed QR: the whole job, from codes to encrypted files, at two sizes to show that it is linear.

Memory follows the file being joined (250 booklets), not the batch.
"""

import resource
import time

from benchmarks.bed import Bed

SIZES = (1_000, 10_000)  # passes


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    _print(20)  # fonts and libraries are read once per worker, not once per batch
    rows, before = [], _memory()
    for passes in SIZES:
        cpu, pages = _print(passes)
        work = f"booklets to PDF, signed QR, {passes} passes on {pages} pages"
        measured = f"{cpu / passes * 100:.2f} s CPU per 100, + {_memory() - before:.0f} MB"
        rows.append((work, measured, "2.5 s", "1.5 s"))
    return rows


def _print(passes: int) -> tuple[float, int]:
    """CPU seconds of the job that prints so many passes, and how many pages it made."""
    from io import BytesIO

    from pypdf import PdfReader

    from aptic.documents import services as documents
    from aptic.jobs import running
    from aptic.jobs.models import Job
    from aptic.tenancy.principal import acting
    from benchmarks.world import OPERATOR, make_batch
    from passes import printing

    batch = make_batch(passes // 10)
    with acting(OPERATOR):
        batch.refresh_from_db()
        job = printing.request_print(batch=batch)
    start = time.process_time()
    running.run(job.pk)
    cpu = time.process_time() - start
    with acting(OPERATOR):
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.error
        files = [one.document for one in printing.files_of(batch)]
        pages = sum(len(PdfReader(BytesIO(documents.read(one))).pages) for one in files)
    assert pages == 2 * batch.booklets
    return cpu, pages


def _memory() -> float:
    """The most this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
