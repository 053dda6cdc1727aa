"""The one balance function: a closing plus the tail from its horizon.

Everything on a screen that says how much comes from here or from the rows themselves.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from aptic.ledger.models import Account
from aptic.xid import horizon

# A nightly job reads everything there is; no page waits for it.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
# Each account is looked up by its key. On a first night the planner takes the closings for an empty table, and would
# read it whole for each account, while it grows.
BY_KEY = "SET LOCAL enable_seqscan = off"
_BALANCES = "SELECT id, ledger_balance(id) FROM unnest(%s::bigint[]) AS wanted(id)"


def balances(accounts: Iterable[Account]) -> dict[int, int]:
    """Cents per account id; assets count debits, liabilities credits."""
    ids = [one.pk for one in accounts]
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, [ids])
        return dict(cursor.fetchall())


def balance(account: Account) -> int:
    """Cents of one account."""
    return balances([account])[account.pk]


def free_cash(purse_id: UUID) -> int:
    """Cash of a purse beyond all that it owes, in cents; below zero where it issued on promises. One rule, in SQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_free_cash(%s)", [purse_id])
        return cursor.fetchone()[0]


def refundable(purse_id: UUID) -> dict[int, int]:
    """Cents that may be given back now, per credit account of the purse; exact under the purse's lock only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, greatest(cents, 0) FROM ledger_refundable(%s)", [purse_id])
        return dict(cursor.fetchall())


def close_books() -> int:
    """Move every closing up to the present horizon; returns it. Rebuilds what is missing, may run at any time."""
    limit = horizon()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{PATIENCE}; {BY_KEY}")
        cursor.execute(_CLOSE, {"horizon": limit})
    return limit


_CLOSE = """
INSERT INTO ledger_closing (account_id, horizon, balance_cents, closed_at, funder_id, actor_id)
SELECT a.id, %(horizon)s, ledger_balance_at(a.id, %(horizon)s), now(), a.funder_id, a.actor_id
  FROM ledger_account a
ON CONFLICT (account_id) DO UPDATE
   SET balance_cents = EXCLUDED.balance_cents, horizon = EXCLUDED.horizon, closed_at = EXCLUDED.closed_at
 WHERE ledger_closing.horizon < EXCLUDED.horizon
"""
