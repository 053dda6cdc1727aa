"""The proof names the account when fees left otherwise than two people said, and knows what left before them."""

from importlib import import_module

import pytest

from actors.models import FeeSweep
from aptic.ledger.describe import describe
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR
from tests.ledger.test_proof import account_of, as_owner, named

pytestmark = pytest.mark.pg15


@pytest.fixture
def swept(world):
    """A sweep of the world, with the accounts of its fees and of the bank."""
    with acting(OPERATOR):
        sweep = FeeSweep.objects.order_by("fees_cents").first()
    due, held = (account_of(kind, None, purse=sweep.purse_id).pk for kind in (K.FEES_DUE, K.SAFEGUARDED))
    return sweep, (due, K.FEES_DUE), (held, K.SAFEGUARDED)


def test_a_sweep_of_fees_changed_or_gone_is_named_on_what_is_due_and_on_the_bank_account(swept):
    sweep, due, held = swept
    for change in ("UPDATE actors_feesweep SET fees_cents = fees_cents - 1 WHERE id = %s",
                   "DELETE FROM actors_feesweep WHERE id = %s"):  # fmt: skip
        assert {due, held} <= named(change, sweep.pk)[0]
    gone = named("DELETE FROM ledger_transfer WHERE event = %s AND kind = 'fees_swept'", sweep.pk)[0]
    assert {due, held} <= gone


def test_fees_that_one_person_took_alone_are_named(swept):
    """No total moves; the amount that left has no sweep of two people behind it."""
    sweep, due, _ = swept
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE actors_feesweep DROP CONSTRAINT sweep_two_people")
        cursor.execute("UPDATE actors_feesweep SET confirmed_by = prepared_by WHERE id = %s", [sweep.pk])
        differences = compare()[1]
    assert due in {(one.account.pk, one.kind) for one in differences}
    assert (sweep.fees_cents, 0) in {(one.ledger_cents, one.counted_cents) for one in differences}


def test_two_sweeps_changed_by_opposite_amounts_are_named(swept):
    sweep, due, _ = swept  # one short of a cent, which another brings
    with as_owner() as cursor:
        cursor.execute(
            "INSERT INTO actors_feesweep (id, purse_id, funder_id, fees_cents, vat_cents, prepared_by, prepared_at,"
            " bank_reference, left_on, confirmed_by, confirmed_at) SELECT gen_random_uuid(), purse_id, funder_id, 1, 0,"
            " prepared_by, prepared_at, 'X', left_on, confirmed_by, confirmed_at FROM actors_feesweep WHERE id = %s",
            [sweep.pk],
        )
        cursor.execute("UPDATE actors_feesweep SET fees_cents = fees_cents - 1 WHERE id = %s", [sweep.pk])
        differences = compare()[1]
    assert {(one.account.pk, one.kind) for one in differences} == {due}
    wrong = {(0, 1), (sweep.fees_cents, sweep.fees_cents - 1)}
    assert {(one.ledger_cents, one.counted_cents) for one in differences} == wrong


def test_what_one_person_had_swept_before_two_were_needed_is_adopted_and_agrees(swept):
    sweep = swept[0]
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE actors_feesweep DROP CONSTRAINT sweep_two_people,"
                       " DROP CONSTRAINT sweep_left_iff_confirmed")  # fmt: skip
        cursor.execute("DELETE FROM actors_feesweep")
        assert compare()[1] != []
        cursor.execute(import_module("actors.migrations.0019_fee_sweeps").ADOPT)
        adopted = FeeSweep.objects.get(pk=sweep.pk)
        assert compare()[1] == []
        assert describe([("fees_swept", sweep.pk)])["fees_swept", sweep.pk].text == "Frais de l’opérateur"
    assert (adopted.fees_cents, adopted.vat_cents) == (sweep.fees_cents, sweep.vat_cents)
    assert (adopted.prepared_by, adopted.confirmed_by, adopted.bank_reference) == (None, None, "")
    assert adopted.confirmed_at == sweep.confirmed_at
