"""Who may post what, and between which accounts, whatever the services believe: each hat tries every kind."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from psycopg import errors

from aptic.ledger.kinds import POSTINGS
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Account
from aptic.ledger.services import account
from aptic.tenancy.principal import SETTINGS, Hat, Principal, acting
from tests.factories import OPERATOR
from tests.ledger.test_transfers import Books

pytestmark = pytest.mark.pg15

INSERT = """
INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id,
                             accounted_at)
VALUES (%s, %s, %s, 1, %s, %s, %s, %s, now())
"""


class Ring(Books):
    """A purse with an account of every kind, and two batches; no balance is near zero."""

    def __init__(self, database: Any) -> None:
        super().__init__()
        self.database = database
        with acting(OPERATOR):
            self.accounts: dict[str, Account] = {
                kind: account(purse=self.purse, kind=kind, about=None if kind == K.SAFEGUARDED else uuid4())
                for kind in K
            }
        self.accounts |= {K.PAYABLE: self.payable, K.CREDIT: self.credit, K.CIRCULATION: self.circulation}
        self.other_batch = self.account_of_kind(K.CIRCULATION)
        for credited in (K.PAYABLE, K.CIRCULATION):
            self.move(T.INCIDENT_OPENED, self.accounts[K.CLAIM], self.accounts[credited], 5_000)
        for kind in (T.FEE, T.FEE_VAT, T.PAYOUT_SENT):
            self.move(kind, self.payable, self.accounts[POSTINGS[kind][1]], 1_000)
        self.move(T.FUNDS_PROMISED, self.accounts[K.RECEIVABLE], self.credit, 5_000)
        self.move(T.GUARANTEE_FUNDED, self.safe, self.accounts[K.GUARANTEE], 5_000)

    def account_of_kind(self, kind: K) -> Account:
        with acting(OPERATOR):
            return account(purse=self.purse, kind=kind, about=uuid4())

    def sides(self, kind: T) -> tuple[Account, Account]:
        """Two accounts that a transfer of this kind moves."""
        debited, credited = POSTINGS.get(kind, (K.CLAIM, K.PAYABLE))
        other = self.other_batch if kind == T.REPLACE else self.accounts[credited]
        return self.accounts[debited], other

    @contextmanager
    def connected(self, who: str) -> Iterator[Any]:
        """A connection that acts as `who`: a hat of its own organisation, a scheduled job, or the tables' owner."""
        alias = who if who in ("system", "owner") else "default"
        mine = {Hat.FUNDER: self.funder.pk, Hat.ACTOR: self.actor.pk}.get(Hat(who)) if alias == "default" else None
        acts = Principal(hat=Hat(who) if alias == "default" else Hat.PUBLIC, organisation_id=mine or uuid4())
        with self.database.connect(alias) as raw:
            if alias == "default":
                for name, value in zip(SETTINGS, acts.settings(), strict=True):
                    raw.execute("SELECT set_config(%s, %s, false)", [name, value])
            yield raw

    def insert(self, raw: Any, kind: T, debit: Account, credit: Account) -> None:
        event = self.sweep_of(kind, 1) if kind in (T.FEES_SWEPT, T.VAT_SWEPT) else uuid4()
        values = [self.purse.pk, debit.pk, credit.pk, kind.value, event, self.funder.pk, self.actor.pk]
        raw.execute(INSERT, values)


@pytest.fixture
def ring(fresh_database: Any) -> Ring:
    return Ring(fresh_database)


MAY = {
    "operator": set(T),
    "funder": {T.REPLACE},
    "actor": {T.REDEEM, T.VOID},
    "distributor": set(),
    "hub": set(),
    "public": set(),
    "system": {T.EXPIRE},
    "owner": set(T),
}


@pytest.mark.parametrize("who", MAY)
def test_each_hat_posts_its_own_kinds_in_its_own_name_and_no_others(ring: Ring, who: str) -> None:
    with ring.connected(who) as raw:
        for kind in T:
            refused = pytest.raises(errors.InsufficientPrivilege, match="row-level security")
            with nullcontext() if kind in MAY[who] else refused:
                ring.insert(raw, kind, *ring.sides(kind))


@pytest.mark.parametrize("who", ["funder", "actor", "system"])
def test_nor_in_the_name_of_another(ring: Ring, who: str) -> None:
    other = Ring(ring.database)
    with ring.connected(who) as raw:
        for kind in set(T) - (MAY[who] if who == "system" else set()):
            with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
                other.insert(raw, kind, *other.sides(kind))


@pytest.mark.parametrize(
    ("who", "kind", "accounts"),
    [
        ("funder", T.REPLACE, (K.SAFEGUARDED, K.CREDIT)),  # money that never came
        ("funder", T.REPLACE, (K.RECEIVABLE, K.CREDIT)),
        ("funder", T.REPLACE, (K.CIRCULATION, K.CREDIT)),
        ("actor", T.REDEEM, (K.CREDIT, K.PAYABLE)),  # paid from what was never issued
        ("actor", T.VOID, (K.PAYABLE, K.CREDIT)),
        ("system", T.EXPIRE, (K.SAFEGUARDED, K.CREDIT)),
        ("operator", T.FUNDS_RECEIVED, (K.SAFEGUARDED, K.PAYABLE)),
        ("operator", T.INCIDENT_OPENED, (K.CLAIM, K.CREDIT)),
        ("owner", T.FEES_SWEPT, (K.PAYABLE, K.SAFEGUARDED)),
    ],
)
def test_a_kind_moves_its_own_accounts_whoever_posts_it(ring: Ring, who: str, kind: T, accounts: tuple[K, K]) -> None:
    debit, credit = (ring.accounts[one] for one in accounts)
    with (
        ring.connected(who) as raw,
        pytest.raises(errors.CheckViolation, match="does not move these accounts"),
    ):
        ring.insert(raw, kind, debit, credit)


@pytest.mark.django_db
def test_the_database_knows_the_same_postings_as_the_code() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_postings()")
        (found,) = cursor.fetchone()
    known = {f"{kind} {debit} {credit}" for kind, (debit, credit) in POSTINGS.items()}
    harmed = {f"{T.INCIDENT_OPENED} {K.CLAIM} {credit}" for credit in (K.PAYABLE, K.CIRCULATION)}
    assert sorted(found) == sorted(known | harmed)
