"""What holds a transfer: CHECK, unique keys, grants, triggers, the purse's own bound. Each is broken on purpose."""

import uuid

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from actors.models import FeeSweep
from aptic.audit import sealing
from aptic.audit.models import Seal
from aptic.ledger.balances import balance, balances, close_books
from aptic.ledger.errors import AlreadyRecorded, InsufficientFunds, InvalidAmount, WrongPosting
from aptic.ledger.kinds import GUARDED
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Account, Closing, Purse, Transfer
from aptic.ledger.services import account, open_purse, post
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting, as_system
from tests.factories import OPERATOR
from tests.horizon import horizon_passes

pytestmark = pytest.mark.pg15


class Books:
    """One purse with 1 000 € received on a line, 300 € of it issued, 100 € redeemed by an actor."""

    def __init__(self):
        with acting(OPERATOR):
            self.funder = Organisation.objects.create(name=f"Commanditaire {uuid.uuid4().hex[:6]}", is_funder=True)
            self.actor = Organisation.objects.create(name=f"Acteur {uuid.uuid4().hex[:6]}", is_actor=True)
            self.purse = open_purse(funder=self.funder)
            self.safe = account(purse=self.purse, kind=K.SAFEGUARDED)
            self.credit = account(purse=self.purse, kind=K.CREDIT, about=uuid.uuid4())
            self.circulation = account(purse=self.purse, kind=K.CIRCULATION, about=uuid.uuid4())
            self.payable = account(purse=self.purse, kind=K.PAYABLE, about=self.actor.pk, actor_id=self.actor.pk)
            self.received = self.move(T.FUNDS_RECEIVED, self.safe, self.credit, 100_000)
            self.move(T.ISSUE, self.credit, self.circulation, 30_000)
            self.redeemed = self.move(T.REDEEM, self.circulation, self.payable, 10_000)

    def move(self, kind, debit, credit, cents, *, event=None, reverses=None):
        with acting(OPERATOR):
            return post(
                kind=kind,
                debit=debit,
                credit=credit,
                amount_cents=cents,
                event=event or uuid.uuid4(),
                reverses=reverses,
            )

    def sweep_of(self, kind, cents):
        """The event of a sweep that two people made: without one, nothing is swept at all."""
        fees, vat = (cents, 0) if kind == T.FEES_SWEPT else (0, cents)
        with acting(OPERATOR):
            return FeeSweep.objects.create(
                purse=self.purse, funder=self.funder, fees_cents=fees, vat_cents=vat,
                prepared_by=uuid.uuid4(), prepared_at=timezone.now(), confirmed_by=uuid.uuid4(),
                confirmed_at=timezone.now(), bank_reference=uuid.uuid4().hex, left_on=timezone.localdate(),
            ).pk  # fmt: skip

    def raw(self, **changes):
        """A transfer written beside the service."""
        fields = {
            "purse_id": self.purse.pk,
            "debit": self.circulation,
            "credit": self.payable,
            "amount_cents": 100,
            "kind": T.REDEEM,
            "event": uuid.uuid4(),
            "funder_id": self.funder.pk,
            "actor_id": self.actor.pk,
            "accounted_at": timezone.now(),
            **changes,
        }
        names = [Transfer._meta.get_field(name).column for name in fields]
        values = [getattr(value, "pk", value) for value in fields.values()]
        with acting(OPERATOR), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO ledger_transfer ({', '.join(names)}) VALUES ({', '.join('%s' for _ in names)})", values
            )


@pytest.fixture
def books(db):
    return Books()


@pytest.fixture
def committed(fresh_database):
    made = Books()
    made.database = fresh_database
    return made


def available(books):
    with acting(OPERATOR):
        return Purse.objects.get(pk=books.purse.pk).available_cents


# --- amounts, accounts, purses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cents", [0, -1])
def test_an_amount_is_positive(books, cents):
    with pytest.raises(InvalidAmount):
        books.move(T.REDEEM, books.circulation, books.payable, cents)
    with pytest.raises(IntegrityError, match="transfer_positive"), transaction.atomic():
        books.raw(amount_cents=cents)


def test_a_transfer_has_two_accounts(books):
    with pytest.raises(IntegrityError, match="transfer_two_accounts"), transaction.atomic():
        books.raw(credit=books.circulation)


def test_a_kind_moves_its_own_accounts_only(books):
    with pytest.raises(WrongPosting):
        books.move(T.REDEEM, books.credit, books.payable, 100)
    with pytest.raises(IntegrityError, match="transfer_kind_known"), transaction.atomic():
        books.raw(kind="gift")


def test_both_accounts_are_of_the_transfers_purse_and_the_purse_of_its_funder(books):
    other = Books()
    for changes, constraint in (
        ({"debit": other.circulation}, "transfer_debit_in_purse"),
        ({"credit": other.payable}, "transfer_credit_in_purse"),
        ({"funder_id": other.funder.pk}, "transfer_funder_is_purses"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            books.raw(**changes)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- once -----------------------------------------------------------------------------------------------------------


def test_the_same_event_twice_is_one_transfer(books):
    event = uuid.uuid4()
    first = books.move(T.REDEEM, books.circulation, books.payable, 500, event=event)
    assert books.move(T.REDEEM, books.circulation, books.payable, 500, event=event).pk == first.pk
    with pytest.raises(AlreadyRecorded):
        books.move(T.REDEEM, books.circulation, books.payable, 600, event=event)
    with pytest.raises(IntegrityError, match="transfer_once_per_event"), transaction.atomic():
        books.raw(event=event)
    with acting(OPERATOR):
        assert balance(books.payable) == 10_500


def test_a_transfer_is_reversed_at_most_once(books):
    books.move(T.VOID, books.payable, books.circulation, 10_000, reverses=books.redeemed)
    with pytest.raises(IntegrityError, match="transfer_reversed_once"), transaction.atomic():
        books.raw(kind=T.VOID, debit=books.payable, credit=books.circulation, reverses=books.redeemed)


def test_two_at_the_same_instant_make_one_transfer(committed, together):
    event = uuid.uuid4()
    found = together(
        8, lambda i: committed.move(T.REDEEM, committed.circulation, committed.payable, 500, event=event).pk
    )
    assert len(set(found)) == 1, found
    with acting(OPERATOR):
        assert balance(committed.payable) == 10_500


# --- bounds ---------------------------------------------------------------------------------------------------------


def test_free_money_never_falls_below_zero(books):
    with pytest.raises(InsufficientFunds):
        books.move(T.ISSUE, books.credit, books.circulation, 70_001)
    with acting(OPERATOR):
        assert balance(books.credit) == 70_000


def test_a_purse_pays_only_with_its_own_money(books):
    """One cent beyond what is held is refused, however rich another purse is."""
    other = Books()
    promised = account_of(books, K.RECEIVABLE)
    books.move(T.FUNDS_PROMISED, promised, books.credit, 500_000)
    books.move(T.ISSUE, books.credit, books.circulation, 400_000)
    books.move(T.REDEEM, books.circulation, books.payable, 400_000)
    under_way = account_of(books, K.IN_TRANSFER)
    with pytest.raises(InsufficientFunds):
        books.move(T.PAYOUT_SENT, books.payable, under_way, 100_001)
    books.move(T.PAYOUT_SENT, books.payable, under_way, 99_000)
    fees, vat = account_of(books, K.FEES_DUE, about=None), account_of(books, K.VAT_DUE, about=None)
    books.move(T.FEE, books.payable, fees, 800)
    books.move(T.FEE_VAT, books.payable, vat, 200)
    assert available(books) == 0
    for late in ((T.FEE, books.payable, fees), (T.PAYOUT_SENT, books.payable, under_way)):
        with pytest.raises(InsufficientFunds):
            books.move(*late, 1)
    books.move(T.PAYOUT_SETTLED, under_way, books.safe, 99_000)
    assert (available(books), available(other)) == (0, 100_000)


SWEPT = [(T.FEE, T.FEES_SWEPT, K.FEES_DUE), (T.FEE_VAT, T.VAT_SWEPT, K.VAT_DUE)]


@pytest.mark.parametrize(("owed", "swept", "kind"), SWEPT)
def test_no_more_is_swept_than_is_due(books, owed, swept, kind):
    """However much the purse holds: what it can pay does not move when what it owes becomes a transfer."""
    due = account_of(books, kind, about=None)
    books.move(owed, books.payable, due, 800)
    with pytest.raises(InsufficientFunds):
        books.move(swept, due, books.safe, 801, event=books.sweep_of(swept, 801))
    books.move(swept, due, books.safe, 800, event=books.sweep_of(swept, 800))
    for cents in (1, 5_700):
        more = {"amount_cents": cents, "event": books.sweep_of(swept, cents), "actor_id": None}
        with pytest.raises(IntegrityError, match="account_never_negative"), transaction.atomic():
            books.raw(debit=due, credit=books.safe, kind=swept, **more)
    with acting(OPERATOR):
        assert (balance(due), balance(books.safe)) == (0, 99_200)


@pytest.mark.parametrize(("owed", "swept", "kind"), SWEPT)
def test_the_owner_sweeps_no_more_than_is_due_either(committed, owed, swept, kind):
    due = account_of(committed, kind, about=None)
    committed.move(owed, committed.payable, due, 800)
    event = committed.sweep_of(swept, 801)
    with (
        committed.database.connect("owner") as raw,
        pytest.raises(psycopg.errors.CheckViolation, match="account_never_negative"),
    ):
        raw.execute(
            "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
            " accounted_at) VALUES (%s, %s, %s, 801, %s, %s, %s, now())",
            [committed.purse.pk, due.pk, committed.safe.pk, swept, event, committed.funder.pk],
        )


@pytest.mark.parametrize("kind", [kind for kind in K if kind not in (K.FEES_DUE, K.VAT_DUE)])
def test_the_kind_of_an_account_says_whether_it_is_guarded(books, kind):
    wrong = None if kind in GUARDED else 0
    with pytest.raises(IntegrityError, match="account_guarded_by_kind"), acting(OPERATOR):
        opened(books, kind, guarded_cents=wrong)


@pytest.mark.parametrize("kind", [K.FEES_DUE, K.VAT_DUE])
def test_an_account_of_fees_that_an_older_version_opens_is_guarded(books, kind):
    with acting(OPERATOR):
        made = opened(books, kind, guarded_cents=None)
        made.refresh_from_db()
    assert made.guarded_cents == 0


def opened(books, kind, **fields):
    return Account.objects.create(purse=books.purse, funder=books.funder, kind=kind, about=uuid.uuid4(), **fields)


def account_of(books, kind, about=True):
    with acting(OPERATOR):
        return account(purse=books.purse, kind=kind, about=uuid.uuid4() if about else None)


@pytest.mark.parametrize("alias", ["default", "system"])
def test_nobody_who_serves_moves_a_bound_by_hand(committed, alias):
    for sql in (
        "UPDATE ledger_purse SET available_cents = 1",
        "UPDATE ledger_account SET guarded_cents = 1",
        "DELETE FROM ledger_account",
        "DELETE FROM ledger_purse",
    ):
        with committed.database.connect(alias) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute("SELECT set_config('aptic.hat', 'operator', false)")
            raw.execute(sql)


def test_a_bound_starts_at_zero(books):
    with acting(OPERATOR), pytest.raises(IntegrityError, match="starts at zero"), transaction.atomic():
        Account.objects.create(
            purse=books.purse, funder=books.funder, kind=K.CREDIT, about=uuid.uuid4(), guarded_cents=5
        )
    with acting(OPERATOR), pytest.raises(IntegrityError, match="starts at zero"), transaction.atomic():
        Purse.objects.create(funder=books.actor, available_cents=5)


def test_nobody_writes_into_the_past_of_the_books(books):
    with pytest.raises(IntegrityError, match="within a minute"), transaction.atomic():
        books.raw(accounted_at=timezone.now() - timezone.timedelta(minutes=2))
    with pytest.raises(IntegrityError, match="within a minute"), transaction.atomic():
        books.raw(accounted_at=timezone.now() + timezone.timedelta(minutes=2))


# --- append-only ----------------------------------------------------------------------------------------------------

CHANGES = (
    "UPDATE ledger_transfer SET amount_cents = 1",
    "DELETE FROM ledger_transfer",
    "TRUNCATE ledger_transfer CASCADE",
)


@pytest.mark.parametrize("alias", ["default", "system"])
@pytest.mark.parametrize("sql", CHANGES)
def test_no_serving_role_has_the_right_to_change_a_transfer(committed, alias, sql):
    with committed.database.connect(alias) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute("SELECT set_config('aptic.hat', 'operator', false)")
        raw.execute(sql)


@pytest.mark.parametrize("alias", ["default", "system"])
@pytest.mark.parametrize("column", ["id", "xid", "recorded_at"])
def test_no_serving_role_says_when_a_transfer_was_recorded_or_under_which_number(committed, alias, column):
    """A number of the far future is below no horizon: the row would never be sealed."""
    with committed.database.connect(alias) as raw:
        raw.execute("SELECT set_config('aptic.hat', 'operator', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table"):
            raw.execute(f"INSERT INTO ledger_transfer ({column}) VALUES (DEFAULT)")


@pytest.mark.parametrize("sql", CHANGES)
def test_a_trigger_refuses_the_owner_too(committed, sql):
    with (
        committed.database.connect("owner") as raw,
        pytest.raises(psycopg.errors.RestrictViolation, match="append-only"),
    ):
        raw.execute(sql)


# --- balances -------------------------------------------------------------------------------------------------------


def test_a_closing_and_its_tail_are_the_sum_whatever_happens_meanwhile(committed, together):
    """Eight writers, a closer that closes again and again: at every instant closing + tail = sum of the rows."""
    watched = [committed.circulation, committed.payable]

    def work(index):
        wrong = []
        for _ in range(12):
            if index == 0:
                with as_system_here():
                    close_books()
            elif index == 1:
                with acting(OPERATOR), connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT ledger_balance(%s), (SELECT coalesce(sum(CASE WHEN credit_id = %s THEN amount_cents"
                        " ELSE -amount_cents END), 0) FROM ledger_transfer WHERE %s IN (debit_id, credit_id))",
                        [committed.payable.pk] * 3,
                    )
                    shown, added = cursor.fetchone()
                    if shown != added:
                        wrong.append((shown, added))
            else:
                committed.move(T.REDEEM, committed.circulation, committed.payable, 10)
        return wrong

    results = together(8, work)
    assert not [one for one in results if isinstance(one, BaseException)], results
    assert results[1] == []
    horizon_passes()
    with as_system():
        close_books()
    with as_system():
        assert Closing.objects.filter(account__in=watched).count() == 2
        assert balances(watched) == {
            committed.circulation.pk: 20_000 - 6 * 12 * 10,
            committed.payable.pk: 10_000 + 6 * 12 * 10,
        }


def as_system_here():
    """The closer acts as the operator: `as_system` swaps a connection that the other threads share by name."""
    return acting(OPERATOR)


def test_an_older_transaction_that_commits_late_is_not_lost_by_a_closing(committed):
    """The horizon stands at the oldest transaction still running, so its row belongs to the tail."""
    with committed.database.connect("default") as slow:
        slow.autocommit = False
        slow.execute("SELECT set_config('aptic.hat', 'operator', true)")
        slow.execute(
            "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
            " actor_id, accounted_at) VALUES (%s, %s, %s, 70, 'redeem', gen_random_uuid(), %s, %s, now())",
            [
                committed.purse.pk,
                committed.circulation.pk,
                committed.payable.pk,
                committed.funder.pk,
                committed.actor.pk,
            ],
        )
        committed.move(T.REDEEM, committed.circulation, committed.payable, 30)
        with as_system():
            close_books()
            assert balance(committed.payable) == 10_030
        slow.commit()
    with as_system():
        assert balance(committed.payable) == 10_100
        close_books()
        assert balance(committed.payable) == 10_100


def test_closings_are_a_cache_that_may_be_thrown_away(committed):
    with as_system():
        close_books()
        before = balances(Account.objects.order_by("id"))
        Closing.objects.all().delete()
        assert balances(Account.objects.order_by("id")) == before
        close_books()
        assert balances(Account.objects.order_by("id")) == before


# --- the seal -------------------------------------------------------------------------------------------------------


def sealed(books):
    """Seal every transfer."""
    horizon_passes()
    with as_system():
        sealing.seal()
        assert Seal.objects.filter(table="ledger_transfer", last__gte=books.redeemed.pk).exists()
        assert sealing.verify() is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_transfer SET amount_cents = amount_cents + 1 WHERE id = %s",
        "UPDATE ledger_transfer SET actor_id = NULL WHERE id = %s",
        "UPDATE ledger_transfer SET accounted_at = accounted_at + interval '1 microsecond' WHERE id = %s",
        "DELETE FROM ledger_transfer WHERE id = %s",
        "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
        " accounted_at, xid) SELECT purse_id, debit_id, credit_id, 1, kind, gen_random_uuid(), funder_id,"
        " accounted_at, xid"
        " FROM ledger_transfer WHERE id = %s",
    ],
)
def test_a_transfer_changed_after_its_seal_is_found(committed, sql):
    sealed(committed)
    with committed.database.connect("owner") as owner:
        owner.execute("ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
        assert owner.execute(sql, [committed.redeemed.pk]).rowcount == 1
    with as_system():
        found = sealing.verify()
    assert found is not None
    assert found.table == "ledger_transfer"
