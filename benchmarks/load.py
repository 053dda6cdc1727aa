"""A load of HTTP/1.1 POSTs over kept-alive connections, cheap enough to share two cores with what it measures."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

Request = bytes


@dataclass(frozen=True, slots=True)
class Result:
    """How many a second, latencies in milliseconds, and the statuses seen."""

    per_second: float
    p50: float
    p99: float
    count: int
    statuses: Counter[int]


def post(path: str, body: bytes, token: str) -> Request:
    """The bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def drive(port: int, requests: Iterator[Request], *, connections: int, seconds: float) -> Result:
    """Send `requests` over `connections` for `seconds`, each connection waiting for its answer."""
    return asyncio.run(_drive(port, requests, connections, seconds))


async def _drive(port: int, requests: Iterator[Request], connections: int, seconds: float) -> Result:
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    start = time.perf_counter()
    end = start + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            request = next(requests, None)
            if request is None:
                break
            sent = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.index(b"content-length:") + 15
            await reader.readexactly(int(lower[at : lower.index(b"\r", at)]))
            latencies.append((time.perf_counter() - sent) * 1000)
            statuses[int(head[9:12])] += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    taken = time.perf_counter() - start
    latencies.sort()
    return Result(
        per_second=len(latencies) / taken,
        p50=statistics.median(latencies),
        p99=latencies[int(len(latencies) * 0.99)],
        count=len(latencies),
        statuses=statuses,
    )
