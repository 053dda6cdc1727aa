"""The operator's fees at the same instant: prepared once, confirmed once, never more than is due, whatever moves."""

import uuid
from collections import Counter
from copy import copy
from typing import Any

import pytest
from django.utils import timezone

from actors.models import FeeSweep, Settlement
from actors.settlement.fees import confirm_sweep, discard_sweep, prepare_sweep
from actors.settlement.send import mark_sent, write_bank_file
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Account, Purse, Transfer
from aptic.ledger.services import account, hold_purses, post
from aptic.tenancy.principal import Principal, acting
from tests.actors.money import OPERATOR, Scheme, cents, person

pytestmark = pytest.mark.pg15


@pytest.fixture
def scheme(fresh_database: Any, settings: Any, tmp_path: Any) -> Scheme:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    return Scheme()


@pytest.fixture
def purse(scheme: Scheme) -> Purse:
    """It owes 40 cents of fees and 8 of VAT."""
    found = scheme.funder(cash=100_000)
    scheme.redeem(found, scheme.actor())
    scheme.send(scheme.prepare())
    return found


def confirm(who: Principal, sweep: FeeSweep) -> None:
    """As of the page that was open before somebody else moved: `sweep` as it was prepared."""
    with acting(who):
        confirm_sweep(sweep=copy(sweep), bank_reference="FRAIS 1", left_on=timezone.localdate())


def prepared(scheme: Scheme, purse: Purse) -> FeeSweep:
    with acting(scheme.first):
        return prepare_sweep(purse=purse)


def codes(answers: list[Any]) -> Counter:
    """How many of each: the code of the refusal, or "done"."""
    return Counter("done" if one is None else one.code for one in answers)


def swept() -> list[tuple[str, int]]:
    with acting(OPERATOR):
        moved = Transfer.objects.filter(kind__in=[T.FEES_SWEPT, T.VAT_SWEPT]).order_by("kind")
        return list(moved.values_list("kind", "amount_cents"))


def test_one_is_prepared_however_many_ask(scheme: Scheme, purse: Purse, together: Any) -> None:
    people = [person() for _ in range(4)]

    def work(index: int) -> uuid.UUID:
        with acting(people[index]):
            return prepare_sweep(purse=purse).pk

    assert len(set(together(4, work))) == 1
    with acting(OPERATOR):
        assert FeeSweep.objects.count() == 1


def test_one_is_confirmed_however_many_confirm(scheme: Scheme, purse: Purse, together: Any) -> None:
    sweep, people = prepared(scheme, purse), [person() for _ in range(6)]
    answers = together(6, lambda index: confirm(people[index], sweep))
    assert codes(answers) == {"done": 1, "sweep_closed": 5}
    assert swept() == [("fees_swept", 40), ("vat_swept", 8)]
    assert cents(purse, K.FEES_DUE) == cents(purse, K.VAT_DUE) == 0


def test_a_confirmation_against_setting_aside(scheme: Scheme, purse: Purse, together: Any) -> None:
    sweep = prepared(scheme, purse)

    def work(index: int) -> None:
        if index:
            return confirm(scheme.second, sweep)
        with acting(scheme.first):
            discard_sweep(sweep=sweep)

    assert codes(together(2, work)) == {"done": 1, "sweep_closed": 1}
    with acting(OPERATOR):
        kept = FeeSweep.objects.count()
    assert (kept, len(swept())) in {(1, 2), (0, 0)}


def test_what_a_run_adds_meanwhile_waits_for_the_next(scheme: Scheme, purse: Purse, together: Any) -> None:
    sweep = prepared(scheme, purse)
    scheme.redeem(purse, scheme.actor())
    run = scheme.approve(scheme.prepare())
    with acting(scheme.first):
        write_bank_file(settlement=run)

    def work(index: int) -> None:
        if index:
            return confirm(scheme.second, sweep)
        with acting(scheme.first):
            mark_sent(settlement=Settlement.objects.get(pk=run.pk))

    assert codes(together(2, work)) == {"done": 2}
    assert swept() == [("fees_swept", 40), ("vat_swept", 8)]
    assert (cents(purse, K.FEES_DUE), cents(purse, K.VAT_DUE)) == (40, 8)


def test_nothing_takes_a_fee_back_while_it_is_confirmed(scheme: Scheme, purse: Purse, together: Any) -> None:
    """No kind of transfer does: what was prepared is still due when it is confirmed."""
    sweep = prepared(scheme, purse)

    def work(index: int) -> None:
        if index:
            return confirm(scheme.second, sweep)
        with acting(scheme.first):
            hold_purses(purse)
            due, event = account(purse=purse, kind=K.FEES_DUE), uuid.uuid4()
            back = Account.objects.filter(purse=purse, kind=K.PAYABLE).get()
            post(kind=T.INCIDENT_OPENED, debit=due, credit=back, amount_cents=40, event=event)

    taken, confirmed = together(2, work)
    assert "does not move these accounts" in str(taken)
    assert confirmed is None
    assert swept() == [("fees_swept", 40), ("vat_swept", 8)]
    assert cents(purse, K.FEES_DUE) == 0
