"""Counting what actors are owed and what is under way to them, from claims and payouts, for the nightly proof."""

from typing import Any

from django.db import connection
from django.db.models import Sum

from actors.models import Payout, PayoutPurse
from aptic.ledger.bank import LAST_STATEMENT, SAFEGUARDED_BY
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import counts, details

# What actors are owed is counted twice: from the lines that no payout has claimed, and from all that was redeemed.
REDEEMED_BY = "pass encaissés, moins les paiements partis, plus ceux qui sont revenus"

# Signed lines that no payout has claimed, and the shares of payouts that have not left.
PAYABLE = """
WITH payable AS (SELECT id, purse_id, about FROM ledger_account WHERE kind = 'payable'), part AS (
  SELECT p.id, t.amount_cents AS cents FROM payable p JOIN ledger_transfer t ON t.credit_id = p.id
   WHERE NOT EXISTS (SELECT FROM actors_claim c WHERE c.transfer_id = t.id)
  UNION ALL
  SELECT p.id, -t.amount_cents FROM payable p JOIN ledger_transfer t ON t.debit_id = p.id
   WHERE t.kind NOT IN ('fee', 'fee_vat', 'payout_sent')
     AND NOT EXISTS (SELECT FROM actors_claim c WHERE c.transfer_id = t.id)
  UNION ALL
  SELECT p.id, s.gross_cents FROM payable p
    JOIN actors_payoutpurse s ON s.purse_id = p.purse_id AND s.actor_id = p.about
    JOIN actors_payout o ON o.id = s.payout_id AND o.state = 'prepared'
)
SELECT id, sum(cents)::bigint FROM part GROUP BY id
"""


@counts(AccountKind.PAYABLE, by="lignes pas encore payées, et paiements préparés")
def payable(accounts: list[Account]) -> dict[int, int]:
    """Cents per payable account: lines not yet claimed, plus what is prepared and not sent."""
    return _pairs(PAYABLE)


# Gross, because fees leave the account with the payout; what came back is net, because the fees stay.
LEFT = """
SELECT a.id, sum(CASE WHEN p.state IN ('rejected', 'returned') THEN s.net_cents ELSE 0 END - s.gross_cents)::bigint
  FROM actors_payout p JOIN actors_payoutpurse s ON s.payout_id = p.id
  JOIN ledger_account a ON a.purse_id = s.purse_id AND a.kind = 'payable' AND a.about = s.actor_id
 WHERE p.state IN ('sent', 'settled', 'rejected', 'returned')
 GROUP BY a.id
"""


@counts(AccountKind.PAYABLE, by=REDEEMED_BY)
def left(accounts: list[Account]) -> dict[int, int]:
    """Cents that payouts took from each payable account, as a negative part."""
    return _pairs(LEFT)


@counts(AccountKind.IN_TRANSFER, by="virements envoyés, pas encore exécutés")
def in_transfer(accounts: list[Account]) -> dict[int, int]:
    """Cents per transfer account: the shares of payouts in state sent."""
    shares = PayoutPurse.objects.filter(payout__state=Payout.State.SENT).order_by()
    rows = shares.values("payout_id", "purse_id").annotate(cents=Sum("net_cents"))
    cents = {(row["payout_id"], row["purse_id"]): row["cents"] for row in rows}
    return {one.pk: cents.get((one.about, one.purse_id), 0) for one in accounts if one.about}


# What left counts by its row, which two people made; the transfers of each are looked at below, one by one.
DUE = """
SELECT a.id, (coalesce((SELECT sum(s.{column}) FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id
                         WHERE s.purse_id = a.purse_id AND p.state NOT IN ('prepared', 'released')), 0)
            - coalesce((SELECT sum(w.{swept}) FROM actors_feesweep w
                         WHERE w.purse_id = a.purse_id AND w.confirmed_at IS NOT NULL), 0))::bigint
  FROM ledger_account a WHERE a.kind = '{kind}'
"""
DUE_BY = "frais des paiements partis, moins ce qui a été reversé"


@counts(AccountKind.FEES_DUE, by=DUE_BY)
def fees_due(accounts: list[Account]) -> dict[int, int]:
    """Cents of fees per purse that the operator has not yet taken."""
    return _pairs(DUE.format(column="fee_cents", kind="fees_due", swept="fees_cents"))


@counts(AccountKind.VAT_DUE, by=DUE_BY)
def vat_due(accounts: list[Account]) -> dict[int, int]:
    """The same for the VAT on fees."""
    return _pairs(DUE.format(column="fee_vat_cents", kind="vat_due", swept="vat_cents"))


# What left a purse's bank account since its last statement, and what came back to it.
PAID = f"""
WITH statement AS ({LAST_STATEMENT}), held AS (
  SELECT a.id, a.purse_id, coalesce(s.as_of, '-infinity') AS since
    FROM ledger_account a LEFT JOIN statement s ON s.purse_id = a.purse_id WHERE a.kind = 'safeguarded'
), moved AS (
  SELECT h.id, -s.net_cents AS cents FROM held h JOIN actors_payoutpurse s ON s.purse_id = h.purse_id
    JOIN actors_payout p ON p.id = s.payout_id WHERE p.settled_at > h.since
  UNION ALL
  SELECT h.id, s.net_cents FROM held h JOIN actors_payoutpurse s ON s.purse_id = h.purse_id
    JOIN actors_payout p ON p.id = s.payout_id WHERE p.state = 'returned' AND p.rejected_at > h.since
  UNION ALL
  SELECT h.id, -(w.fees_cents + w.vat_cents) FROM held h JOIN actors_feesweep w ON w.purse_id = h.purse_id
   WHERE w.confirmed_at > h.since
)
SELECT id, sum(cents)::bigint FROM moved GROUP BY id
"""


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def paid(accounts: list[Account]) -> dict[int, int]:
    """Cents that payouts and sweeps took from each purse since its last confirmed statement, as a negative part."""
    return _pairs(PAID)


# One by one: a sweep that is short does not hide one that is long. A row of one person alone is no sweep; a row of
# nobody left before two were needed, and no such row can be written since (`sweep_two_people`).
SWEPT = """
WITH swept AS (
  SELECT s.id AS event, s.purse_id, part.kind, part.cents AS counted FROM actors_feesweep s
   CROSS JOIN LATERAL (VALUES ('fees_swept', s.fees_cents), ('vat_swept', s.vat_cents)) part (kind, cents)
   WHERE s.confirmed_at IS NOT NULL AND part.cents > 0 AND (s.prepared_by IS NULL OR s.confirmed_by <> s.prepared_by)
), moved AS (
  SELECT t.event, t.purse_id, t.kind, t.amount_cents AS booked
    FROM ledger_account a JOIN ledger_transfer t ON t.debit_id = a.id AND t.kind IN ('fees_swept', 'vat_swept')
   WHERE a.kind IN ('fees_due', 'vat_due')
)
SELECT a.id, coalesce(pair.booked, 0)::bigint, coalesce(pair.counted, 0)::bigint
  FROM (moved FULL JOIN swept USING (event, purse_id, kind)) AS pair
  JOIN ledger_account a ON a.purse_id = pair.purse_id AND a.about IS NULL
   AND a.kind = CASE pair.kind WHEN 'fees_swept' THEN 'fees_due' ELSE 'vat_due' END
 WHERE pair.booked IS DISTINCT FROM pair.counted
"""


@details("frais reversés, face aux virements que deux personnes ont faits")
def swept() -> list[tuple[int, int, int]]:
    """Transfers of fees without a sweep of two people and of their amount, and sweeps without their transfers."""
    return _rows(SWEPT)


# The comparison of `actors_prove_claims`, again every night: what it accepted may have been changed since. Too much and
# too little are added up apart, so that one does not make up for the other.
CLAIMED = """
SELECT a.id, sum(line.cents)::bigint, sum(c.signed_cents)::bigint
  FROM actors_claim c JOIN actors_payoutpurse s ON s.id = c.share_id
  JOIN ledger_account a ON a.purse_id = s.purse_id AND a.kind = 'payable' AND a.about = s.actor_id
  LEFT JOIN ledger_transfer t ON t.id = c.transfer_id AND t.kind NOT IN ('fee', 'fee_vat', 'payout_sent')
       AND c.actor_id = s.actor_id AND c.funder_id IS NOT DISTINCT FROM s.funder_id
 CROSS JOIN LATERAL (SELECT coalesce(CASE a.id WHEN t.credit_id THEN t.amount_cents
                                               WHEN t.debit_id THEN -t.amount_cents END, 0) AS cents) line
 WHERE c.signed_cents <> line.cents
 GROUP BY a.id, c.signed_cents > line.cents
"""


@details("lignes des paiements, face aux mouvements signés qu’elles reprennent")
def claimed() -> list[tuple[int, int, int]]:
    """Claims that are not a signed transfer of their share's actor and purse, and of its amount."""
    return _rows(CLAIMED)


# A run that was given up keeps its shares and has released its lines.
SHARED = """
SELECT a.id, sum(coalesce(c.cents, 0))::bigint, sum(s.gross_cents)::bigint
  FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id AND p.state <> 'released'
  JOIN ledger_account a ON a.purse_id = s.purse_id AND a.kind = 'payable' AND a.about = s.actor_id
  LEFT JOIN (SELECT share_id, sum(signed_cents) AS cents FROM actors_claim GROUP BY share_id) c ON c.share_id = s.id
 WHERE s.gross_cents <> coalesce(c.cents, 0)
 GROUP BY a.id, s.gross_cents > coalesce(c.cents, 0)
"""


@details("parts des paiements, face aux lignes qu’elles paient")
def shared() -> list[tuple[int, int, int]]:
    """Shares that are not the sum of their claims."""
    return _rows(SHARED)


# A payout spans purses: it is named by the first account of its actor.
PAID_OUT = """
WITH share AS (
  SELECT payout_id, sum(gross_cents) AS gross, sum(fee_cents) AS fee, sum(fee_vat_cents) AS vat, sum(net_cents) AS net
    FROM actors_payoutpurse GROUP BY payout_id
), wrong AS MATERIALIZED (
  SELECT p.id, p.actor_id, amount.place, coalesce(amount.shared, 0)::bigint AS shared, amount.paid
    FROM actors_payout p LEFT JOIN share s ON s.payout_id = p.id
   CROSS JOIN LATERAL (VALUES (1, s.gross, p.gross_cents), (2, s.fee, p.fee_cents), (3, s.vat, p.fee_vat_cents),
                              (4, s.net, p.net_cents)) AS amount (place, shared, paid)
   WHERE amount.paid <> coalesce(amount.shared, 0)
)
SELECT min(a.id), w.shared, w.paid
  FROM wrong w JOIN ledger_account a ON a.kind = 'payable' AND a.about = w.actor_id
 GROUP BY w.id, w.place, w.shared, w.paid
"""


@details("paiements, face à leurs parts par cantonnement")
def paid_out() -> list[tuple[int, int, int]]:
    """Payouts whose gross, fee, VAT or net is not that of their shares."""
    return _rows(PAID_OUT)


def _pairs(sql: str) -> dict[int, int]:
    return dict(_rows(sql))


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()
