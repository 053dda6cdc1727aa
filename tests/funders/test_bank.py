"""Bank statements: entered by one person, confirmed by another, by service and by CHECK."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.ledger import bank
from aptic.ledger.errors import AlreadyRecorded, BankBalanceClosed, InvalidAmount, StatementTooNew, TwoPeopleNeeded
from aptic.ledger.models import BankBalance
from aptic.tenancy.principal import acting
from tests.factories import make_funder, make_operator, make_paid_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def purse():
    with acting(make_operator().principal):
        line = make_paid_line(cents=5_000)
        return line.account.purse


def enter(purse, **more):
    data = {"as_of": timezone.now(), "balance_cents": 5_000, "reference": "R-1", **more}
    return bank.enter_bank_balance(purse=purse, **data)


def test_two_people_make_a_statement(purse):
    one, other = make_operator(), make_operator()
    with acting(one.principal):
        statement = enter(purse)
        with pytest.raises(TwoPeopleNeeded):
            bank.confirm_bank_balance(bank_balance=statement)
    with acting(other.principal):
        bank.confirm_bank_balance(bank_balance=statement)
        assert BankBalance.objects.get(pk=statement.pk).confirmed_by == other.user.pk
        with pytest.raises(BankBalanceClosed):
            bank.confirm_bank_balance(bank_balance=statement)
        with pytest.raises(BankBalanceClosed), transaction.atomic():
            bank.discard_bank_balance(bank_balance=statement)


def test_the_database_refuses_one_person_for_both(purse):
    one = make_operator()
    with acting(one.principal):
        statement = enter(purse)
        with pytest.raises(IntegrityError, match="bank_balance_two_people"), transaction.atomic():
            BankBalance.objects.filter(pk=statement.pk).update(confirmed_by=one.user.pk, confirmed_at=timezone.now())


def test_the_same_statement_again_is_the_first_and_another_balance_is_refused(purse):
    at = timezone.now()
    with acting(make_operator().principal):
        first = enter(purse, as_of=at)
        assert enter(purse, as_of=at).pk == first.pk
        with pytest.raises(AlreadyRecorded):
            enter(purse, as_of=at, balance_cents=1)


def test_impossible_statements_are_refused(purse):
    with acting(make_operator().principal):
        with pytest.raises(InvalidAmount):
            enter(purse, balance_cents=-1)
        with pytest.raises(StatementTooNew):
            enter(purse, as_of=timezone.now() + dt.timedelta(hours=1))
    with acting(make_operator(Role.AGENT).principal), pytest.raises(NotAllowed):
        enter(purse)


def test_a_mistake_is_set_aside_before_it_counts(purse):
    with acting(make_operator().principal):
        statement = enter(purse)
        bank.discard_bank_balance(bank_balance=statement)
        assert not BankBalance.objects.exists()


def test_our_own_books_at_an_instant(purse):
    now = timezone.now()
    with acting(make_operator().principal):
        assert bank.booked_cents(purse=purse, as_of=now) == 5_000
        assert bank.booked_cents(purse=purse, as_of=now - dt.timedelta(days=1)) == 0


def test_a_funder_reads_only_its_own_statements(purse):
    with acting(make_operator().principal):
        enter(purse)
    with acting(make_funder().principal):
        assert not BankBalance.objects.exists()
