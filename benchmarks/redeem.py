"""Redeeming over HTTP: one at a time, sixteen at once, two hundred in a call; and the floor, in the same run."""

import json
import os
import uuid
from collections.abc import Iterator
from itertools import cycle, islice

from benchmarks.bed import Bed, Web
from benchmarks.load import Request, Result, drive, post

SLUG = "aide-aux-demarches-administratives"
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
FLOOR_PASSES = 60_000
Row = tuple[str, str, str, str]


def measure(bed: Bed, *, booklets: int = 8_000) -> list[Row]:
    """Rows of the table: (work, measured, at least, aim)."""
    from benchmarks.world import make_batch, make_tills

    floor = _floor(bed)
    tills, batch = make_tills(50, 25), make_batch(booklets)
    with bed.web("aptic.wsgi:application") as web:
        requests = _requests(batch, tills)
        drive(web.port, requests, connections=8, seconds=2)  # warm
        alone = drive(web.port, requests, connections=1, seconds=SECONDS)
        many, cpu = _with_cpu(bed, web, requests)
        batches = drive(web.port, _batches(batch, tills), connections=2, seconds=SECONDS / 2)
    _expect(alone, 201), _expect(many, 201), _expect(batches, 200)
    return rows(floor, alone=alone, many=many, cpu=cpu, batches=batches)


def rows(floor: dict, *, alone: Result, many: Result, cpu: float, batches: Result) -> list[Row]:
    """The table's: seconds are the machine's, so what was measured stands beside its ratio to the floor."""
    share, price = many.per_second / floor["many"].per_second, cpu / floor["cpu"]
    ratio = alone.p50 / floor["alone"].p50
    return [
        ("floor: bare view, 16 connections", f"{floor['many'].per_second:.0f}/s, {floor['cpu']:.2f} ms CPU", "", ""),
        (
            "redeem, 16 connections, 50 devices, 25 sites",
            f"{many.per_second:.0f}/s ({share:.2f} × the floor), {cpu:.2f} ms CPU ({price:.2f} ×),"
            f" p99 {many.p99:.0f} ms",
            "250/s, 8 ms",
            "500/s, 4 ms",
        ),
        ("redeem, one at a time, p50 against the floor", f"{alone.p50:.2f} ms, {ratio:.2f} ×", "2.5 ×", "1.5 ×"),
        ("redemptions/batch/, 200 lines", f"{batches.per_second * 200:.0f} passes/s", "1500/s", "4000/s"),
    ]


def _floor(bed: Bed) -> dict:
    from benchmarks.floor_schema import SCHEMA

    with bed.admin("postgres") as admin:
        admin.execute("CREATE DATABASE floor OWNER aptic_owner")
    with bed.postgres.connect(role="aptic_owner", database="floor") as owner:
        owner.execute(SCHEMA.format(passes=FLOOR_PASSES))
    url = bed.postgres.url("aptic_owner", "floor")
    with bed.web("benchmarks.floor:application", FLOOR_URL=url, DJANGO_SETTINGS_MODULE="") as web:
        requests = (post("/redeem", json.dumps({"id": str(uuid.uuid4()), "code": f"code{n}"}).encode(), "floor")
                    for n in range(1, FLOOR_PASSES))  # fmt: skip
        drive(web.port, requests, connections=8, seconds=1)
        alone = drive(web.port, requests, connections=1, seconds=SECONDS / 2)
        many, cpu = _with_cpu(bed, web, requests)
    return {"alone": alone, "many": many, "cpu": cpu}


def _with_cpu(bed: Bed, web: Web, requests: Iterator[Request]) -> tuple[Result, float]:
    """Sixteen connections; (result, CPU milliseconds of web and PostgreSQL per request)."""
    before = web.cpu() + bed.postgres_cpu()
    result = drive(web.port, requests, connections=16, seconds=SECONDS)
    return result, (web.cpu() + bed.postgres_cpu() - before) * 1000 / result.count


def _codes(batch) -> Iterator[str]:  # type: ignore[no-untyped-def]
    from passes import codes

    for n in range(batch.passes):
        yield codes.encode((batch.first_booklet + n // 10) << 4 | n % 10 + 1, batch.code_key)


_shared: dict[int, Iterator[str]] = {}


def _line(batch) -> Iterator[dict]:  # type: ignore[no-untyped-def]
    fresh = _shared.setdefault(batch.pk, _codes(batch))
    for code in fresh:
        yield {"id": str(uuid.uuid4()), "code": code, "service": SLUG}


def _requests(batch, tills: list[str]) -> Iterator[Request]:  # type: ignore[no-untyped-def]
    for line, token in zip(_line(batch), cycle(tills), strict=False):
        yield post("/api/v1/redemptions/", json.dumps(line).encode(), token)


def _batches(batch, tills: list[str]) -> Iterator[Request]:  # type: ignore[no-untyped-def]
    lines = _line(batch)
    for token in cycle(tills):
        body = list(islice(lines, 200))
        if len(body) < 200:
            return
        yield post("/api/v1/redemptions/batch/", json.dumps({"redemptions": body}).encode(), token)


def _expect(result: Result, status: int) -> None:
    if set(result.statuses) != {status}:
        raise SystemExit(f"the benchmark saw other answers than {status}: {result.statuses}")
