"""The proof: each account's balance against an independent count of the things it stands for.

The ledger's own sum balances by construction and so proves nothing. What an account stands for is known by other
rooms, which register how to count it; the ledger only compares, and names the account that differs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from aptic.ledger.balances import balances
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account, Proof, ProofLine
from aptic.xid import horizon

# A counter answers with cents per account id, from rows that are not transfers; accounts it leaves out count zero.
Counter = Callable[[list[Account]], dict[int, int]]
_counters: dict[AccountKind, Counter] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """An account that does not agree: what the ledger says, what was counted, in cents."""

    account: Account
    ledger_cents: int
    counted_cents: int

    def __str__(self) -> str:
        return f"{self.account} : {self.ledger_cents} au grand livre, {self.counted_cents} comptés"


def counts(kind: AccountKind) -> Callable[[Counter], Counter]:
    """Register the independent count of accounts of `kind`."""

    def register(counter: Counter) -> Counter:
        _counters[kind] = counter
        return counter

    return register


def compare() -> tuple[list[tuple[Account, int, int]], list[Difference]]:
    """Every account that has a count: (account, ledger cents, counted cents), and those that differ.

    Reads one snapshot: the caller's transaction must be REPEATABLE READ, or nobody else may be writing.
    """
    rows: list[tuple[Account, int, int]] = []
    for kind, counter in _counters.items():
        accounts = list(Account.objects.filter(kind=kind).select_related("purse__funder").order_by("id"))
        counted, booked = counter(accounts), balances(accounts)
        rows += [(one, booked[one.pk], counted.get(one.pk, 0)) for one in accounts]
    credit = list(Account.objects.filter(kind=AccountKind.CREDIT).select_related("purse__funder").order_by("id"))
    booked = balances(credit)
    # Free money has no thing to count: it must equal its guard, and the guard is never negative.
    rows += [(one, booked[one.pk], one.guarded_cents or 0) for one in credit]
    return rows, [Difference(*row) for row in rows if row[1] != row[2]]


@transaction.atomic
def prove() -> tuple[Proof, list[Difference]]:
    """Compare everything in one snapshot and publish the result; the caller raises the alarm on differences."""
    with transaction.get_connection().cursor() as cursor:
        if not transaction.get_connection().savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    limit = horizon()
    rows, differences = compare()
    proof = Proof.objects.create(horizon=limit, accounts=len(rows), differences=len(differences))
    ProofLine.objects.bulk_create(
        [
            ProofLine(
                proof=proof,
                account=one,
                label=f"{one.get_kind_display()} · {one.purse}"[:200],
                kind=one.kind,
                purse_id=one.purse_id,
                funder_id=one.funder_id,
                ledger_cents=booked,
                counted_cents=counted,
            )
            for one, booked, counted in rows
            if booked or counted
        ],
        batch_size=2000,
    )
    return proof, differences
