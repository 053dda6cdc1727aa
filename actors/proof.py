"""Counting what actors are owed and what is under way to them, from claims and payouts, for the nightly proof."""

from django.db import connection
from django.db.models import Sum

from actors.models import Payout, PayoutPurse
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import counts

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


@counts(AccountKind.PAYABLE)
def payable(accounts: list[Account]) -> dict[int, int]:
    """Cents per payable account: lines not yet claimed, plus what is prepared and not sent."""
    with connection.cursor() as cursor:
        cursor.execute(PAYABLE)
        return dict(cursor.fetchall())


@counts(AccountKind.IN_TRANSFER)
def in_transfer(accounts: list[Account]) -> dict[int, int]:
    """Cents per transfer account: the shares of payouts in state sent."""
    shares = PayoutPurse.objects.filter(payout__state=Payout.State.SENT).order_by()
    rows = shares.values("payout_id", "purse_id").annotate(cents=Sum("net_cents"))
    cents = {(row["payout_id"], row["purse_id"]): row["cents"] for row in rows}
    return {one.pk: cents.get((one.about, one.purse_id), 0) for one in accounts if one.about}
