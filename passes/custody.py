"""What custody opens and counts: whoever holds a booklet may read its passes, its batch and its operation's terms."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from aptic.tenancy.principal import current
from passes.models import Batch, Booklet, Redemption, Replacement

REPLACED = Exists(Replacement.objects.filter(lost=OuterRef("pk")))  # of a booklet: its value is in another

# The booklets asked for that the acting organisation really holds; the settings in force before come back with them.
_SHOW = """
WITH before AS MATERIALIZED (SELECT current_setting('aptic.booklets', true) AS booklets),
     held AS MATERIALIZED (SELECT string_agg(id::text, ',') AS booklets FROM passes_booklet
                            WHERE id = ANY(%s) AND distributor_id = %s)
SELECT before.booklets, set_config('aptic.booklets', coalesce(held.booklets, ''), true) FROM before, held
"""


@contextmanager
def holding(booklets: Iterable[int]) -> Iterator[None]:
    """Inside the block, what these booklets open may be read, as if their codes had been presented.

    Only those that the acting distributor holds count; a funder and the operator read their rows anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, [list(booklets), current().organisation_id])
        before = cursor.fetchone()[0] or ""
    yield
    # After an exception the savepoint is rolled back, and the setting with it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aptic.booklets', %s, true)", [before])


def not_replaced(booklets: QuerySet[Booklet]) -> QuerySet[Booklet]:
    """Without those that were replaced before anybody got them: their paper is worth nothing, and is no stock."""
    return booklets.filter(Q(handed_out_at__isnull=False) | ~REPLACED)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a distributor has of one batch."""

    batch: Batch
    received: int
    left: int

    @property
    def handed_out(self) -> int:
        """Booklets given to people."""
        return self.received - self.left


def holdings(distributor_id: uuid.UUID) -> list[Holding]:
    """The acting distributor's stock, batch by batch, the one that ends first on top."""
    mine = not_replaced(Booklet.objects.filter(distributor_id=distributor_id))
    rows = (
        mine.order_by()
        .values("batch_id")
        .annotate(one=Min("pk"), received=Count("pk"), left=Count("pk", filter=Q(handed_out_at__isnull=True)))
    )
    counted = {row["batch_id"]: row for row in rows}
    with holding(row["one"] for row in counted.values()):
        batches = list(
            Batch.objects.filter(pk__in=counted).select_related("campaign", "funder").order_by("valid_until", "pk")
        )
    return [Holding(batch, counted[batch.pk]["received"], counted[batch.pk]["left"]) for batch in batches]


@dataclass(frozen=True, slots=True)
class Share:
    """What one distributor has of a batch (or nobody: `distributor_id` is None), seen by who bought it."""

    distributor_id: uuid.UUID | None
    booklets: int
    left: int
    passes_used: int = 0

    @property
    def handed_out(self) -> int:
        """Booklets given to people."""
        return self.booklets - self.left


def shares(batches: Sequence[Batch]) -> dict[int, list[Share]]:
    """Who holds the booklets of each batch, and how many of their passes were used; two walks, whatever the number.

    A pass counts for whoever held its booklet when it was used, also when they hold none any more.
    """
    found: dict[int, list[Share]] = {batch.pk: [] for batch in batches}
    ranges = [Q(pk__range=(batch.first_booklet, batch.last_booklet)) for batch in batches]
    if not ranges:
        return found
    used = {
        (row["batch_id"], row["distributor_id"]): row["used"]
        for row in Redemption.objects.live()
        .filter(batch__in=found)
        .order_by()
        .values("batch_id", "distributor_id")
        .annotate(used=Count("pk"))
    }
    held = (
        not_replaced(Booklet.objects.filter(reduce(or_, ranges)))
        .order_by()
        .values("batch_id", "distributor_id")
        .annotate(booklets=Count("pk"), left=Count("pk", filter=Q(handed_out_at__isnull=True)))
    )
    for row in held:
        batch_id, distributor_id = row["batch_id"], row["distributor_id"]
        passes_used = used.pop((batch_id, distributor_id), 0)
        found[batch_id].append(Share(distributor_id, row["booklets"], row["left"], passes_used))
    for (batch_id, distributor_id), passes_used in used.items():
        found[batch_id].append(Share(distributor_id, 0, 0, passes_used))
    return found


@dataclass(frozen=True, slots=True)
class Success:
    """What became of the booklets handed out since a day: how many, how many begun, how many passes used."""

    handed_out: int
    begun: int
    passes_used: int


# Redemptions carry their distributor, and the index on (pass, turn) finds those of a booklet.
_SUCCESS = """
SELECT count(*), count(*) FILTER (WHERE used > 0), coalesce(sum(used), 0) FROM (
  SELECT (SELECT count(*) FROM passes_redemption r
           WHERE r.pass_id BETWEEN h.booklet_id << 4 AND (h.booklet_id << 4) + 15
             AND r.turn IS NOT NULL AND r.distributor_id = h.distributor_id
             AND NOT EXISTS (SELECT 1 FROM passes_void v WHERE v.redemption_id = r.id)) AS used
    FROM passes_handout h
   WHERE h.distributor_id = %s AND h.undone_at IS NULL AND h.handed_out_at >= %s) given
"""


def success(distributor_id: uuid.UUID, *, since: datetime) -> Success:
    """How far the booklets that the distributor handed out since then have gone."""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESS, [distributor_id, since])
        return Success(*map(int, cursor.fetchone()))


def used_by_booklet(booklets: Iterable[int]) -> dict[int, int]:
    """How many passes of each booklet were redeemed, as far as the acting organisation may see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT booklet, (SELECT count(*) FROM passes_redemption r WHERE r.turn IS NOT NULL"
            "   AND r.pass_id BETWEEN booklet << 4 AND (booklet << 4) + 15"
            "   AND NOT EXISTS (SELECT 1 FROM passes_void v WHERE v.redemption_id = r.id))"
            " FROM unnest(%s::int[]) booklet",
            [list(booklets)],
        )
        return dict(cursor.fetchall())
