"""The figures behind every dashboard, counted from the rows: money from the ledger, passes from the passes.

One function answers one question; each page calls a fixed number of them. Amounts are cents.
"""

import uuid
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from qualification.cap_rules import RATIO_HIGH_CENTS, RATIO_LOW_CENTS

Row = tuple[str, int, int]  # name, passes, cents
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Money:
    """Where each euro is: promised, free, in circulation, owed to actors, on its way, settled, kept as fees.

    `collected` is what funders' own receipts say, less what their refunds say, and `settled` what executed payouts say:
    the balances of the ledger add up to both. `refunded` is what `collected` no longer counts. Of what was settled by
    mistake, actors still owe `claim` and have paid `claim_repaid` back; the guarantee brought `guarantee_granted`,
    for passes that no use of theirs paid.
    """

    safeguarded: int = 0
    receivable: int = 0
    credit: int = 0
    circulation: int = 0
    payable: int = 0
    in_transfer: int = 0
    fees_due: int = 0
    vat_due: int = 0
    settled: int = 0
    collected: int = 0
    swept: int = 0
    refunded: int = 0
    claim: int = 0
    claim_repaid: int = 0
    guarantee_granted: int = 0

    @property
    def kept(self) -> int:
        """What actors were paid and keep."""
        return max(self.settled - self.claim - self.claim_repaid, 0)


_MONEY = """
WITH refunded AS (
  SELECT coalesce(sum(f.amount_cents), 0)::bigint AS cents FROM funders_refund f
   WHERE f.confirmed_at IS NOT NULL AND (%(funder)s::uuid IS NULL OR f.funder_id = %(funder)s)
)
-- Of all funders, and not of the guarantee: its purse has none.
SELECT a.kind, sum(ledger_balance(a.id))::bigint FROM ledger_account a
 WHERE a.funder_id = coalesce(%(funder)s::uuid, a.funder_id) GROUP BY a.kind
UNION ALL
SELECT 'collected', coalesce(sum(r.amount_cents), 0)::bigint - (SELECT cents FROM refunded) FROM funders_receipt r
 WHERE %(funder)s::uuid IS NULL OR r.funder_id = %(funder)s
UNION ALL
SELECT 'refunded', cents FROM refunded
UNION ALL
SELECT 'settled', coalesce(sum(s.net_cents), 0)::bigint FROM actors_payoutpurse s
 WHERE (%(funder)s::uuid IS NULL OR s.funder_id = %(funder)s)
   AND EXISTS (SELECT FROM ledger_transfer t WHERE t.event = s.id AND t.kind = 'payout_settled')
   AND NOT EXISTS (SELECT FROM ledger_transfer t WHERE t.event = s.id AND t.kind = 'payout_returned')
UNION ALL
SELECT t.kind, sum(t.amount_cents)::bigint
  FROM ledger_account a JOIN ledger_transfer t ON t.credit_id = a.id AND t.kind IN ('claim_repaid', 'guarantee_granted')
 WHERE a.kind = 'claim' AND (%(funder)s::uuid IS NULL OR a.funder_id = %(funder)s) GROUP BY t.kind
UNION ALL
SELECT 'swept', coalesce(sum(t.amount_cents), 0)::bigint
  FROM ledger_account a JOIN ledger_transfer t ON t.debit_id = a.id AND t.kind IN ('fees_swept', 'vat_swept')
 WHERE a.kind IN ('fees_due', 'vat_due') AND (%(funder)s::uuid IS NULL OR a.funder_id = %(funder)s)
"""


def money(funder_id: uuid.UUID | None = None) -> Money:
    """Where the money of one funder is, or of all of them."""
    rows = _rows(_MONEY, {"funder": funder_id})
    return Money(**{name: int(cents) for name, cents in rows if name in Money.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Usage:
    """How far the passes of a campaign, a funder or everybody went, each count with its value in cents."""

    issued: int
    issued_cents: int
    handed_out: int
    handed_out_cents: int
    started: int  # booklets with at least one pass used
    used: int
    used_cents: int
    paid: int
    paid_cents: int
    expired: int
    expired_cents: int


# Which redemptions reached a bank: their line was claimed by a payout that was executed, or by one that came back and
# whose own line another payout claimed, until one was executed for good. Read from transfers, which the funder and the
# actor may both read; `live` (id, value_cents) comes before.
PAID = """
claimed AS (
  SELECT live.id, live.value_cents, c.share_id FROM live
    JOIN ledger_transfer t ON t.event = live.id AND t.kind = 'redeem' JOIN actors_claim c ON c.transfer_id = t.id
), way (origin, share_id) AS (
  SELECT DISTINCT share_id, share_id FROM claimed
  UNION
  SELECT way.origin, c.share_id FROM way
    JOIN ledger_transfer t ON t.event = way.share_id AND t.kind IN ('payout_rejected', 'payout_returned')
    JOIN actors_claim c ON c.transfer_id = t.id
), executed AS (
  SELECT way.origin, max(done.accounted_at) AS settled_at FROM way
    JOIN ledger_transfer done ON done.event = way.share_id AND done.kind = 'payout_settled'
   WHERE NOT EXISTS (SELECT FROM ledger_transfer t WHERE t.event = way.share_id AND t.kind = 'payout_returned')
   GROUP BY way.origin
), paid AS (
  SELECT claimed.id, claimed.value_cents, executed.settled_at
    FROM claimed JOIN executed ON executed.origin = claimed.share_id
)
"""

# How many passes of each booklet went on in another: they are counted there, once.
REPLACED = """
replaced AS (
  SELECT l.lost_id AS booklet_id, sum(b.passes_per_booklet) AS passes
    FROM passes_replacement l JOIN passes_batch b ON b.id = l.batch_id GROUP BY l.lost_id
)
"""

_USAGE = f"""
WITH RECURSIVE batch AS (
  SELECT * FROM passes_batch b
   WHERE b.state = 'issued' AND (%(funder)s::uuid IS NULL OR b.funder_id = %(funder)s)

         AND (%(campaign)s::uuid IS NULL OR b.campaign_id = %(campaign)s)
), live AS (
  SELECT r.id, r.pass_id, r.value_cents FROM passes_redemption r JOIN batch b ON b.id = r.batch_id
    LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL
), {PAID}, over AS (
  SELECT b.uuid AS event, b.face_value_cents FROM batch b
  UNION ALL
  -- A use undone after the end of its batch: its pass expires then, under the id of the use.
  SELECT r.id, b.face_value_cents FROM passes_void v JOIN passes_redemption r ON r.id = v.redemption_id
    JOIN batch b ON b.id = r.batch_id WHERE b.expired_at IS NOT NULL
), expired AS (
  SELECT coalesce(sum(t.amount_cents), 0) cents, coalesce(sum(t.amount_cents / over.face_value_cents), 0) n
    FROM over JOIN ledger_transfer t ON t.event = over.event AND t.kind = 'expire'
), {REPLACED}, handed AS (
  SELECT coalesce(sum(b.passes_per_booklet - coalesce(o.passes, 0)), 0) n,
         coalesce(sum((b.passes_per_booklet - coalesce(o.passes, 0)) * b.face_value_cents), 0) cents
    FROM passes_booklet k JOIN batch b ON b.id = k.batch_id LEFT JOIN replaced o ON o.booklet_id = k.id
   WHERE k.handed_out_at IS NOT NULL
)
SELECT coalesce(sum(b.booklets * b.passes_per_booklet) FILTER (WHERE b.replaces_id IS NULL), 0),
       coalesce(sum(b.booklets::bigint * b.passes_per_booklet * b.face_value_cents)
                FILTER (WHERE b.replaces_id IS NULL), 0),
       (SELECT n FROM handed), (SELECT cents FROM handed),
       (SELECT count(DISTINCT pass_id >> 4) FROM live), (SELECT count(*) FROM live),
       (SELECT coalesce(sum(value_cents), 0) FROM live),
       (SELECT count(*) FROM paid), (SELECT coalesce(sum(value_cents), 0) FROM paid),
       (SELECT n FROM expired), (SELECT cents FROM expired)
  FROM batch b
"""


def usage(*, funder_id: uuid.UUID | None = None, campaign_id: uuid.UUID | None = None) -> Usage:
    """How far passes went."""
    return Usage(*(int(value) for value in _rows(_USAGE, {"funder": funder_id, "campaign": campaign_id})[0]))


_STANDING = f"""
WITH RECURSIVE live AS (
  SELECT r.id, r.value_cents FROM passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL
), {PAID}, under_way AS (
  SELECT claimed.value_cents FROM claimed WHERE EXISTS (
    SELECT FROM way JOIN ledger_transfer t ON t.event = way.share_id AND t.kind = 'payout_sent'
     WHERE way.origin = claimed.share_id AND NOT EXISTS (
       SELECT FROM ledger_transfer o WHERE o.event = way.share_id AND o.kind IN ('payout_settled', 'payout_rejected')))
)
SELECT count(*), coalesce(sum(value_cents), 0),
       (SELECT coalesce(sum(booklets::bigint * passes_per_booklet * face_value_cents), 0)
          FROM passes_batch WHERE state = 'issuing')
  FROM under_way
"""


def standing(counted: Usage) -> dict[str, int]:
    """Where the passes of everybody stand between the steps of `counted`: not used yet, owed to actors, in a transfer
    that the bank has not answered; and the value of batches whose passes are still being made."""
    under_way, under_way_cents, issuing_cents = (int(value) for value in _rows(_STANDING, {})[0])
    return {
        "circulation": counted.issued - counted.used - counted.expired,
        "circulation_cents": counted.issued_cents - counted.used_cents - counted.expired_cents,
        "owed": counted.used - counted.paid - under_way,
        "owed_cents": counted.used_cents - counted.paid_cents - under_way_cents,
        "under_way": under_way,
        "under_way_cents": under_way_cents,
        "issuing_cents": issuing_cents,
    }


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one actor earned in passes over twelve rolling months, against 15 to 25 kEUR, and how fast it is paid.

    The days run from the redemption to the transfer that was executed for good, whatever came back before.
    """

    earned_cents: int
    passes: int
    days_to_payment: float | None

    @property
    def place(self) -> str:
        """Below, within or above the ratio."""
        if self.earned_cents < RATIO_LOW_CENTS:
            return "below"
        return "within" if self.earned_cents <= RATIO_HIGH_CENTS else "above"


_RATIO = f"""
WITH RECURSIVE live AS (
  SELECT r.id, r.value_cents, r.accounted_at FROM passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at > %(since)s
     AND (%(actor)s::uuid IS NULL OR r.actor_id = %(actor)s)
), {PAID}
SELECT coalesce(sum(live.value_cents), 0), count(*),
       avg(extract(epoch FROM paid.settled_at - live.accounted_at)) / 86400
  FROM live LEFT JOIN paid ON paid.id = live.id
"""


def ratio(actor_id: uuid.UUID | None = None, *, at: datetime | None = None) -> Ratio:
    """One actor's ratio, or the totals of all of them."""
    parameters = {"actor": actor_id, "since": (at or timezone.now()) - YEAR}
    earned, passes, days = _rows(_RATIO, parameters)[0]
    return Ratio(int(earned), passes, float(days) if days is not None else None)


_ACTORS = """
SELECT o.id, o.name, coalesce(sum(r.value_cents), 0)::bigint, count(r.id)
  FROM actors_actor a JOIN tenancy_organisation o ON o.id = a.organisation_id
  LEFT JOIN (passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id)
    ON r.actor_id = a.organisation_id AND r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at > %(since)s
 WHERE a.state <> 'removed'
 GROUP BY o.id, o.name ORDER BY 3 DESC, 2
"""


def ratios(*, at: datetime | None = None) -> list[tuple[uuid.UUID, str, int, int]]:
    """Each actor's (id, name, cents over twelve months, passes), the largest first."""
    return [tuple(row) for row in _rows(_ACTORS, {"since": (at or timezone.now()) - YEAR})]  # type: ignore[misc]


# One reading of an actor's year: its redemptions stand scattered over those of everybody.
_EARNED = """
SELECT earned.month, earned.funder_id, o.name, earned.passes, earned.cents FROM (
  SELECT to_char(date_trunc('month', r.accounted_at AT TIME ZONE 'Europe/Paris'), 'YYYY-MM') AS month, r.funder_id,
         count(*) AS passes, sum(r.value_cents)::bigint AS cents
    FROM passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.accounted_at > %(since)s AND r.actor_id = %(actor)s
   GROUP BY 1, 2) earned
  JOIN tenancy_organisation o ON o.id = earned.funder_id
"""


@dataclass(frozen=True, slots=True)
class ActorYear:
    """What one actor redeemed over twelve rolling months: by year-month, in order; by funder, the largest first."""

    by_month: list[Row]
    by_funder: list[Row]

    def ratio(self, days_to_payment: float | None) -> Ratio:
        """Against the consolidating ratio, with days to payment that were counted elsewhere."""
        passes, cents = sum(row[1] for row in self.by_month), sum(row[2] for row in self.by_month)
        return Ratio(cents, passes, days_to_payment)


def actor_year(actor_id: uuid.UUID, *, at: datetime | None = None) -> ActorYear:
    """Of one actor. One query."""
    months: dict[str, tuple[int, int]] = {}
    funders: dict[uuid.UUID, Row] = {}
    for month, funder, name, passes, cents in _rows(
        _EARNED, {"actor": actor_id, "since": (at or timezone.now()) - YEAR}
    ):
        before, earlier = months.get(month, (0, 0)), funders.get(funder, (name, 0, 0))
        months[month] = (before[0] + passes, before[1] + cents)
        funders[funder] = (name, earlier[1] + passes, earlier[2] + cents)
    by_funder = sorted(funders.values(), key=lambda row: (-row[2], row[0]))
    return ActorYear([(month, *months[month]) for month in sorted(months)], by_funder)


# Each name with the key that tells two of the same name apart.
_BY = {
    "service": ("x.name", "x.id", "JOIN vocabulary_service x ON x.id = r.service_id"),
    "commune": (
        "x.name",
        "x.code",
        "JOIN actors_site s ON s.id = r.site_id JOIN territories_commune x ON x.code = s.commune_id",
    ),
    "departement": (
        "d.name",
        "d.code",
        "JOIN actors_site s ON s.id = r.site_id JOIN territories_commune x ON x.code = s.commune_id "
        "JOIN territories_departement d ON d.code = x.departement_id",
    ),
    "month": ("to_char(date_trunc('month', r.accounted_at AT TIME ZONE 'Europe/Paris'), 'YYYY-MM')", "1", ""),
}


def used_by(dimension: str, *, campaign_id: uuid.UUID | None = None, before: datetime | None = None) -> list[Row]:
    """(name, passes, cents) of the used passes of a campaign, or of all, accounted before an instant: the largest
    first, but months in their order."""
    name, key, join = _BY[dimension]
    order = "1" if dimension == "month" else "2 DESC, 1"
    sql = f"""
      SELECT {name}, count(*), sum(r.value_cents)::bigint
        FROM passes_redemption r JOIN passes_batch b ON b.id = r.batch_id {join}
        LEFT JOIN passes_void v ON v.redemption_id = r.id
       WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL
         AND (%(campaign)s::uuid IS NULL OR b.campaign_id = %(campaign)s)
         AND (%(before)s::timestamptz IS NULL OR r.accounted_at < %(before)s)
       GROUP BY {name}, {key} ORDER BY {order}
    """
    return [tuple(row) for row in _rows(sql, {"campaign": campaign_id, "before": before})]  # type: ignore[misc]


_HANDED = f"""
WITH {REPLACED}
SELECT to_char(date_trunc('month', k.handed_out_at AT TIME ZONE 'Europe/Paris'), 'YYYY-MM'),
       sum(b.passes_per_booklet - coalesce(o.passes, 0))::bigint,
       sum((b.passes_per_booklet - coalesce(o.passes, 0)) * b.face_value_cents)::bigint
  FROM passes_booklet k JOIN passes_batch b ON b.id = k.batch_id LEFT JOIN replaced o ON o.booklet_id = k.id
 WHERE k.handed_out_at IS NOT NULL AND b.campaign_id = %s GROUP BY 1 ORDER BY 1
"""


def handed_out_by_month(campaign_id: uuid.UUID) -> list[Row]:
    """(year-month, passes, cents) of the booklets given to people."""
    return [tuple(row) for row in _rows(_HANDED, [campaign_id])]  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Delay:
    """Days between a booklet's hand-out and its first use: the quarters, and how many booklets in each span."""

    booklets: int = 0
    first_quarter: float | None = None
    median: float | None = None
    third_quarter: float | None = None
    spans: tuple[tuple[str, int], ...] = ()


# Upper bounds in days, exclusive; each word says what lies below it.
_SPANS = (
    (1, "moins d’un jour"),
    (8, "1 à 7 jours"),
    (15, "8 à 14 jours"),
    (31, "15 à 30 jours"),
    (61, "31 à 60 jours"),
)
_DELAY = """
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY days), count(*),
       array_agg(floor(days)::int ORDER BY days) FROM (
  SELECT greatest(extract(epoch FROM min(r.occurred_at) - k.handed_out_at) / 86400, 0) AS days
    FROM passes_redemption r JOIN passes_batch b ON b.id = r.batch_id
    JOIN passes_booklet k ON k.id = r.pass_id >> 4 LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND b.campaign_id = %s AND k.handed_out_at IS NOT NULL
   GROUP BY k.id, k.handed_out_at) first_use
"""


def delay_to_first_use(campaign_id: uuid.UUID) -> Delay:
    """How long people keep a booklet before they use it for the first time."""
    quarters, booklets, days = _rows(_DELAY, [campaign_id])[0]
    if not booklets:
        return Delay()
    bounds = [bound for bound, _ in _SPANS]
    counted = Counter(bisect_right(bounds, day) for day in days)
    names = [*(name for _, name in _SPANS), "plus de 60 jours"]
    spans = tuple((name, counted[rank]) for rank, name in enumerate(names))
    first, median, third = (float(one) for one in quarters)
    return Delay(booklets, first, median, third, spans)


def _rows(sql: str, parameters: dict[str, Any] | Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
