"""Where the money of a funder stands: line by line and for its whole purse, read from the ledger."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from aptic.ledger.balances import free_cash
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Purse
from funders.models import FundingLine


@dataclass(frozen=True, slots=True)
class Funds:
    """The money of one funding line, in cents: received + promised = free + circulation + used.

    `received` is net of refunds, `promised` still awaited, `free` can be issued, `circulation` is in passes not yet
    used, `used` was redeemed: owed or paid to actors.
    """

    received: int = 0
    promised: int = 0
    free: int = 0
    circulation: int = 0
    used: int = 0

    @property
    def total(self) -> int:
        """All that was put on the line."""
        return self.received + self.promised

    def __add__(self, other: "Funds") -> "Funds":
        return Funds(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


# The account of a batch is credited first by its `issue`, or by `replace` when it replaces passes of another batch:
# the first row of the index says which line it belongs to, however many passes it holds.
_FUNDS = """
WITH RECURSIVE line AS (
  SELECT l.id, l.account_id, a.purse_id FROM funders_fundingline l JOIN ledger_account a ON a.id = l.account_id
   WHERE l.id = ANY(%s)
), batch AS (
  SELECT a.id, first.debit_id FROM ledger_account a
   CROSS JOIN LATERAL (
     SELECT debit_id FROM ledger_transfer t WHERE t.credit_id = a.id ORDER BY t.xid, t.id LIMIT 1) first
   WHERE a.kind = 'circulation' AND a.purse_id IN (SELECT purse_id FROM line)
), owned AS (
  SELECT line.id AS line_id, batch.id FROM line JOIN batch ON batch.debit_id = line.account_id
  UNION
  SELECT owned.line_id, batch.id FROM owned JOIN batch ON batch.debit_id = owned.id
)
SELECT line.id,
       coalesce((SELECT sum(amount_cents) FILTER (WHERE kind = 'funds_received')
                        FROM ledger_transfer WHERE credit_id = line.account_id), 0)
     + coalesce((SELECT sum(t.amount_cents) FROM ledger_transfer t JOIN ledger_account r ON r.id = t.credit_id
                  WHERE r.purse_id = line.purse_id AND r.kind = 'receivable' AND r.about = line.id
                    AND t.kind = 'funds_collected'), 0)
     - coalesce((SELECT sum(amount_cents) FROM ledger_transfer
                  WHERE debit_id = line.account_id AND kind = 'refund'), 0) AS received,
       coalesce((SELECT guarded_cents FROM ledger_account r
                  WHERE r.purse_id = line.purse_id AND r.kind = 'receivable' AND r.about = line.id), 0) AS promised,
       (SELECT guarded_cents FROM ledger_account WHERE id = line.account_id) AS free,
       coalesce((SELECT sum(ledger_balance(owned.id)) FROM owned WHERE owned.line_id = line.id), 0) AS circulation
  FROM line
"""


def funds_of(lines: Iterable[FundingLine]) -> dict[uuid.UUID, Funds]:
    """The funds of each line, by its id, in one query."""
    ids = [line.pk for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(_FUNDS, [ids])
        rows = cursor.fetchall()
    found = {}
    for identity, *cents in rows:
        received, promised, free, circulation = map(int, cents)
        used = received + promised - free - circulation
        found[identity] = Funds(received, promised, free, circulation, used)
    return found


_PURSE = """
SELECT a.kind, sum(ledger_balance(a.id)) FROM ledger_account a WHERE a.purse_id = %s GROUP BY a.kind
"""


def purse_of(purse: Purse) -> dict[str, int]:
    """The balance of a purse for each kind of account, in cents; 0 where it has none."""
    with connection.cursor() as cursor:
        cursor.execute(_PURSE, [purse.pk])
        found = {kind: int(cents) for kind, cents in cursor.fetchall()}
    return {kind.value: found.get(kind.value, 0) for kind in AccountKind}


@dataclass(frozen=True, slots=True)
class Cash:
    """Why a purse may give back what it may, in cents: held = under way + fees + owed + circulation + free.

    `free` is below zero while passes were issued on promises. What actors owe the purse is left out of `owed`.
    """

    held: int
    under_way: int
    fees: int
    owed: int
    circulation: int
    free: int


def cash_of(purse: Purse, balances: dict[str, int] | None = None) -> Cash:
    """Where the cash of a purse is needed now; `balances` are those of `purse_of`, if they were just read."""
    found = balances or purse_of(purse)
    held, under_way, circulation = found["safeguarded"], found["in_transfer"], found["circulation"]
    fees, free = found["fees_due"] + found["vat_due"], free_cash(purse.pk)
    return Cash(held, under_way, fees, held - under_way - fees - circulation - free, circulation, free)
