"""What the funders' own rows say of their money, for the nightly proof: promises, money received and given back."""

from django.db import connection
from django.db.models import Sum

from aptic.ledger.bank import LAST_STATEMENT, SAFEGUARDED_BY
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import CREDIT_BY, counts
from funders.models import PaymentOrder


@counts(AccountKind.RECEIVABLE, by="mandats de paiement en attente")
def receivable(accounts: list[Account]) -> dict[int, int]:
    """Cents per receivable account: the line's open payment orders."""
    waiting = PaymentOrder.objects.filter(state=PaymentOrder.State.OPEN).order_by()
    cents = {row["line_id"]: row["cents"] for row in waiting.values("line_id").annotate(cents=Sum("amount_cents"))}
    return {one.pk: cents[one.about] for one in accounts if one.about in cents}


# Each promise against the transfer that paid it, one by one: a cent too much on one does not make up for a cent too
# little on another.
_PROMISED = """
SELECT a.id, sum(abs(CASE WHEN p.state = 'cancelled' THEN 0 ELSE p.amount_cents END
                     - coalesce(r.amount_cents, 0)))::bigint
  FROM funders_paymentorder p LEFT JOIN funders_receipt r ON r.payment_order_id = p.id
  JOIN funders_fundingline l ON l.id = p.line_id JOIN ledger_account credit ON credit.id = l.account_id
  JOIN ledger_account a ON a.purse_id = credit.purse_id AND a.kind = 'receivable' AND a.about = l.id
 GROUP BY a.id
"""


@counts(AccountKind.RECEIVABLE, by="mandats non annulés, moins les virements reçus pour eux")
def promised(accounts: list[Account]) -> dict[int, int]:
    """Cents per receivable account: what the line's promises still lack, one by one."""
    return _pairs(_PROMISED)


_FUNDED = """
SELECT l.account_id, (coalesce((SELECT sum(r.amount_cents) FROM funders_receipt r WHERE r.line_id = l.id), 0)
                    + coalesce((SELECT sum(p.amount_cents) FROM funders_paymentorder p
                                 WHERE p.line_id = l.id AND p.state = 'open'), 0)
                    - coalesce((SELECT sum(f.amount_cents) FROM funders_refund f
                                 WHERE f.line_id = l.id AND f.confirmed_at IS NOT NULL), 0))::bigint
  FROM funders_fundingline l
"""


@counts(AccountKind.CREDIT, by=CREDIT_BY)
def funded(accounts: list[Account]) -> dict[int, int]:
    """Cents put on each line: received, or promised and still awaited; less what was refunded."""
    return _pairs(_FUNDED)


_RECEIVED = f"""
WITH statement AS ({LAST_STATEMENT})
SELECT held.id, sum(r.amount_cents)::bigint
  FROM funders_receipt r JOIN funders_fundingline l ON l.id = r.line_id
  JOIN ledger_account credit ON credit.id = l.account_id
  JOIN ledger_account held ON held.purse_id = credit.purse_id AND held.kind = 'safeguarded'
  LEFT JOIN statement s ON s.purse_id = held.purse_id
 WHERE s.as_of IS NULL OR r.recorded_at > s.as_of
 GROUP BY held.id
"""


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def received(accounts: list[Account]) -> dict[int, int]:
    """Cents received since the purse's last confirmed statement."""
    return _pairs(_RECEIVED)


_REFUNDED = f"""
WITH statement AS ({LAST_STATEMENT})
SELECT held.id, -sum(f.amount_cents)::bigint
  FROM funders_refund f JOIN funders_fundingline l ON l.id = f.line_id
  JOIN ledger_account credit ON credit.id = l.account_id
  JOIN ledger_account held ON held.purse_id = credit.purse_id AND held.kind = 'safeguarded'
  LEFT JOIN statement s ON s.purse_id = held.purse_id
 WHERE f.confirmed_at > coalesce(s.as_of, '-infinity')
 GROUP BY held.id
"""


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def refunded(accounts: list[Account]) -> dict[int, int]:
    """Cents given back since the purse's last confirmed statement, as a negative part."""
    return _pairs(_REFUNDED)


def _pairs(sql: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
