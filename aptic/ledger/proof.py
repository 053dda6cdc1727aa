"""The proof: each account's balance against independent counts of the things it stands for.

The ledger's own sum balances by construction and so proves nothing. What an account stands for is known by other
rooms, which register how to count it; the ledger adds its transfers one by one, compares, and names the account that
differs. Every kind is compared: an account of a kind that nobody counts must be empty.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from aptic.ledger.balances import PATIENCE, balances
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account, Proof, ProofLine, Purse
from aptic.xid import horizon

# A counter answers with cents per account id, from rows that are not transfers; accounts it leaves out count zero.
Counter = Callable[[list[Account]], dict[int, int]]
# For each kind, what is counted in words, and the rooms that each count a part of it.
_counters: dict[AccountKind, dict[str, list[Counter]]] = {kind: {} for kind in AccountKind}
# A detail answers with what does not add up inside accounts, whatever their totals: account id, cents that the ledger's
# side says, cents found.
Detail = Callable[[], Iterable[tuple[int, int, int]]]
_details: dict[str, Detail] = {}

CLOSING = "solde affiché (clôture et suite)"
GUARD = "solde gardé par la base"
AVAILABLE = "disponible gardé par la base"
NOTHING = "rien n’est attendu sur ce compte"
# Free money is counted by two rooms: what was put on a line, and what was issued on it.
CREDIT_BY = "fonds reçus ou promis, moins les remboursements et les lots émis, plus les pass expirés"


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: an account (or a whole purse), what its transfers add up to, what was counted, in cents."""

    purse: Purse
    account: Account | None
    by: str
    ledger_cents: int
    counted_cents: int

    @property
    def agrees(self) -> bool:
        """True when the ledger and the count say the same."""
        return self.ledger_cents == self.counted_cents

    @property
    def kind(self) -> str:
        """The account's kind; of a whole purse, "purse"."""
        return self.account.kind if self.account else "purse"

    @property
    def label(self) -> str:
        """The account and what it was compared with, in words."""
        words = [str(self.purse)]
        if self.account:
            words.insert(0, self.account.get_kind_display())
            if self.account.actor:
                words.append(self.account.actor.name)
            elif self.account.about:
                words.append(str(self.account.about)[:8])
        return f"{' · '.join(words)} : {self.by}"[:200]

    def __str__(self) -> str:
        return f"{self.label} : {self.ledger_cents} au grand livre, {self.counted_cents} comptés"


def counts(kind: AccountKind, *, by: str) -> Callable[[Counter], Counter]:
    """Register an independent count of accounts of `kind`; `by` says in words what is counted.

    Counters with the same `by` are parts of one count, each from the room that knows it; another `by` is another count.
    """

    def register(counter: Counter) -> Counter:
        parts = _counters[kind].setdefault(by, [])
        if counter not in parts:
            parts.append(counter)
        return counter

    return register


def details(by: str) -> Callable[[Detail], Detail]:
    """Register a look inside accounts, row by row, where two errors could make up for each other in a total."""

    def register(detail: Detail) -> Detail:
        _details[by] = detail
        return detail

    return register


def compare() -> tuple[list[Compared], list[Compared]]:
    """Every comparison, and those that differ.

    Reads one snapshot: the caller's transaction must be REPEATABLE READ, or nobody else may be writing.
    """
    by_kind: dict[str, list[Account]] = defaultdict(list)
    for one in Account.objects.select_related("purse__funder", "actor").order_by("id"):
        by_kind[one.kind].append(one)
    booked = _sums()
    rows = [row for kind in AccountKind for row in _compare_kind(kind, by_kind[kind], booked)]
    rows += _compare_details({one.pk: one for accounts in by_kind.values() for one in accounts})
    rows += _compare_purses(booked)
    return rows, [row for row in rows if not row.agrees]


def _compare_kind(kind: AccountKind, accounts: list[Account], booked: dict[int, int]) -> Iterator[Compared]:
    witnesses = _counters[kind] or {NOTHING: []}
    for by, parts in witnesses.items():
        counted: dict[int, int] = defaultdict(int)
        for part in parts:
            for identity, cents in part(accounts).items():
                counted[identity] += cents
        for one in accounts:
            yield Compared(one.purse, one, by, booked.get(one.pk, 0), counted[one.pk])
    shown = balances(accounts)
    for one in accounts:
        sum_of_rows = booked.get(one.pk, 0)
        if shown[one.pk] != sum_of_rows:
            yield Compared(one.purse, one, CLOSING, sum_of_rows, shown[one.pk])
        if one.guarded_cents is not None and one.guarded_cents != sum_of_rows:
            yield Compared(one.purse, one, GUARD, sum_of_rows, one.guarded_cents)


def _compare_details(accounts: dict[int, Account]) -> Iterator[Compared]:
    for by, detail in _details.items():
        for identity, booked, found in detail():
            yield Compared(accounts[identity].purse, accounts[identity], by, booked, found)


def _compare_purses(booked: dict[int, int]) -> Iterator[Compared]:
    """What a purse may pay out, as its CHECK guards it, against its accounts."""
    held: dict[object, int] = defaultdict(int)
    signs = {AccountKind.SAFEGUARDED: 1, AccountKind.IN_TRANSFER: -1, AccountKind.FEES_DUE: -1, AccountKind.VAT_DUE: -1}
    for identity, purse_id, kind in (
        Account.objects.filter(kind__in=signs).order_by("id").values_list("id", "purse_id", "kind")
    ):
        held[purse_id] += signs[AccountKind(kind)] * booked.get(identity, 0)
    for purse in Purse.objects.select_related("funder").order_by("id"):
        yield Compared(purse, None, AVAILABLE, held[purse.pk], purse.available_cents)


# From the transfers themselves, never from a closing: a closing would hide a row changed after it.
_SUMS = """
SELECT a.id, (CASE WHEN a.kind IN ('safeguarded', 'receivable', 'claim') THEN 1 ELSE -1 END * side.cents)::bigint
  FROM (SELECT id, sum(cents) AS cents
          FROM (SELECT debit_id AS id, sum(amount_cents) AS cents FROM ledger_transfer GROUP BY 1
                UNION ALL SELECT credit_id, -sum(amount_cents) FROM ledger_transfer GROUP BY 1) both_sides
         GROUP BY id) side JOIN ledger_account a USING (id)
"""


def _sums() -> dict[int, int]:
    """Cents per account id, added up from every transfer."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        return dict(cursor.fetchall())


@transaction.atomic
def prove() -> tuple[Proof, list[Compared]]:
    """Compare everything in one snapshot and publish the result; the caller raises the alarm on differences."""
    with transaction.get_connection().cursor() as cursor:
        if not transaction.get_connection().savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(PATIENCE)
    limit = horizon()
    rows, differences = compare()
    compared = {row.account.pk for row in rows if row.account}
    proof = Proof.objects.create(horizon=limit, accounts=len(compared), differences=len(differences))
    ProofLine.objects.bulk_create(
        [
            ProofLine(
                proof=proof,
                account=row.account,
                label=row.label,
                kind=row.kind,
                purse=row.purse,
                funder_id=row.purse.funder_id,
                ledger_cents=row.ledger_cents,
                counted_cents=row.counted_cents,
            )
            for row in rows
            if row.ledger_cents or row.counted_cents
        ],
        batch_size=2000,
    )
    return proof, differences
