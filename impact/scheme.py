"""What the operator's first page says of the whole scheme: counted at once while that is quick; at national size, by
the hourly job, and shown with its hour.
"""

import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from impact import figures
from impact.figures import Money, Ratio, Usage
from impact.models import SchemeFigures

QUICK = 0.05  # seconds: what counting may take of a page
SHOWN = 25  # actors
Earning = tuple[uuid.UUID, str, int, int]  # id, name, cents over twelve months, passes


@dataclass(frozen=True, slots=True)
class Scheme:
    """The figures of one instant. `actors` are those who earned most, `earned` the cents of every one."""

    money: Money
    usage: Usage
    ratio: Ratio
    actors: list[Earning]
    earned: list[int]
    counted_at: datetime | None = None  # None: just now


def count(*, at: datetime | None = None) -> Scheme:
    """All of it, from the rows. Five queries."""
    actors = figures.ratios(at=at)
    return Scheme(
        money=figures.money(),
        usage=figures.usage(),
        ratio=figures.ratio(at=at),
        actors=actors[:SHOWN],
        earned=[cents for _, _, cents, _ in actors],
    )


def keep(*, at: datetime | None = None) -> Scheme:
    """Count for the page that does not, and remember how long it took; for the system job."""
    start = time.monotonic()
    counted = count(at=at)
    row = {"counted_at": at or timezone.now(), "seconds": time.monotonic() - start, "figures": _as_json(counted)}
    SchemeFigures.objects.update_or_create(pk=1, defaults=row)
    return counted


def read() -> Scheme:
    """For the page: what was kept when counting is slow, else what the rows say now."""
    kept = SchemeFigures.objects.filter(pk=1).first()
    return count() if kept is None or kept.seconds <= QUICK else _kept(kept)


def _as_json(counted: Scheme) -> dict[str, Any]:
    """Amounts are integers; ids are texts."""
    actors = [(str(key), *rest) for key, *rest in counted.actors]
    return {**asdict(counted), "actors": actors}


def _kept(row: SchemeFigures) -> Scheme:
    said = row.figures
    return Scheme(
        money=Money(**said["money"]),
        usage=Usage(**said["usage"]),
        ratio=Ratio(**said["ratio"]),
        actors=[(uuid.UUID(key), name, cents, passes) for key, name, cents, passes in said["actors"]],
        earned=said["earned"],
        counted_at=row.counted_at,
    )
