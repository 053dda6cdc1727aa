"""What incidents say of the ledger's accounts, for the nightly proof: from their rows, never from transfers."""

from django.db import connection

from actors.proof import REDEEMED_BY
from aptic.ledger.bank import LAST_STATEMENT, SAFEGUARDED_BY
from aptic.ledger.guarantee import GUARANTEE_BY
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import counts

_CLAIM = """
SELECT a.id, i.value_cents::bigint FROM ledger_account a JOIN passes_incident i ON i.redemption_id = a.about
 WHERE a.kind = 'claim' AND i.state = 'awaiting'
"""


@counts(AccountKind.CLAIM, by="incidents dont le remboursement est attendu")
def claim(accounts: list[Account]) -> dict[int, int]:
    """Cents per claim: the value of a case whose repayment is awaited; every other case is settled at once."""
    return _pairs(_CLAIM)


_GUARANTEE = """
SELECT a.id, -sum(i.value_cents)::bigint
  FROM ledger_account a, passes_incident i
 WHERE a.kind = 'guarantee' AND i.decision = 'guarantee' AND i.state = 'closed'
 GROUP BY a.id
"""


@counts(AccountKind.GUARANTEE, by=GUARANTEE_BY)
def guarantee_paid(accounts: list[Account]) -> dict[int, int]:
    """Cents of the incidents that the guarantee paid, as a negative part."""
    return _pairs(_GUARANTEE)


# What the guarantee granted an actor; and what an actor was paid by mistake and pays back by bank: its redemption no
# longer counts as redeemed, and yet nothing was taken from what it is owed.
_PAYABLE = """
SELECT a.id, sum(i.value_cents)::bigint
  FROM passes_incident i
  JOIN ledger_account a ON a.purse_id = i.purse_id AND a.kind = 'payable' AND a.about = i.actor_id
 WHERE (i.decision = 'guarantee' AND i.state = 'closed')
    OR (i.decision = 'repaid' AND i.state IN ('awaiting', 'closed'))
 GROUP BY a.id
"""


@counts(AccountKind.PAYABLE, by=REDEEMED_BY)
def granted(accounts: list[Account]) -> dict[int, int]:
    """Cents per payable account that incidents add to what was redeemed and not voided."""
    return _pairs(_PAYABLE)


_MOVED = f"""
WITH statement AS ({LAST_STATEMENT}), held AS (
  SELECT a.id, a.purse_id, a.funder_id, coalesce(s.as_of, '-infinity') AS since
    FROM ledger_account a LEFT JOIN statement s ON s.purse_id = a.purse_id WHERE a.kind = 'safeguarded'
), moved AS (
  SELECT h.id, i.value_cents AS cents FROM held h JOIN passes_incident i ON i.purse_id = h.purse_id
   WHERE i.decision IN ('guarantee', 'repaid') AND i.state = 'closed' AND i.closed_at > h.since
  UNION ALL
  SELECT h.id, -i.value_cents FROM held h JOIN passes_incident i ON h.funder_id IS NULL
   WHERE i.decision = 'guarantee' AND i.state = 'closed' AND i.closed_at > h.since
)
SELECT id, sum(cents)::bigint FROM moved GROUP BY id
"""


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def moved(accounts: list[Account]) -> dict[int, int]:
    """Cents that incidents brought to each purse since its last statement, and took from the guarantee's."""
    return _pairs(_MOVED)


def _pairs(sql: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
