"""The operator's fees leave a purse by two people, never more than is due, by service and by PostgreSQL."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from actors.models import FeeSweep
from actors.settlement import errors
from actors.settlement.fees import confirm_sweep, discard_sweep, fees_due, prepare_sweep
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.ledger.bank import booked_cents
from aptic.ledger.describe import describe
from aptic.ledger.errors import InsufficientFunds, InvalidFunds
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Transfer
from aptic.ledger.proof import compare
from aptic.ledger.services import account, post
from aptic.tenancy.principal import Hat, acting
from tests.actors.money import OPERATOR, Scheme, cents
from tests.factories import make_member, make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def scheme(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    return Scheme()


@pytest.fixture
def purse(scheme):
    """It owes 40 cents of fees and 8 of VAT."""
    found = scheme.funder(cash=100_000)
    earn(scheme, found)
    return found


def earn(scheme, purse):
    """A run with one pass leaves: 40 cents of fees and 8 of VAT are due."""
    scheme.redeem(purse, scheme.actor())
    scheme.send(scheme.prepare())


def prepare(who, purse):
    with acting(who):
        return prepare_sweep(purse=purse)


def confirm(who, sweep, **more):
    with acting(who):
        confirm_sweep(sweep=sweep, **{"bank_reference": "FRAIS 1", "left_on": timezone.localdate(), **more})


def discard(who, sweep):
    with acting(who):
        discard_sweep(sweep=sweep)


def more_than_due(scheme, purse):
    """A cent more is prepared than is due: no verb does it today, and none takes a fee back meanwhile."""
    with acting(scheme.first):
        return FeeSweep.objects.create(
            purse=purse, funder_id=purse.funder_id, fees_cents=cents(purse, K.FEES_DUE) + 1, vat_cents=0,
            prepared_by=scheme.first.person_id, prepared_at=timezone.now(),
        )  # fmt: skip


def differences():
    """What the proof says of the accounts that fees move, but the bank's: these purses have no receipt."""
    with acting(OPERATOR):
        return [str(one) for one in compare()[1] if one.kind in (K.FEES_DUE, K.VAT_DUE)]


def test_fees_leave_once_another_person_confirms(scheme, purse):
    sweep = prepare(scheme.first, purse)
    assert (sweep.fees_cents, sweep.vat_cents, sweep.total_cents) == (40, 8, 48)
    assert (cents(purse, K.FEES_DUE), cents(purse, K.SAFEGUARDED)) == (40, 100_000)  # nothing moves yet
    with pytest.raises(errors.SweepNeedsAnother):
        confirm(scheme.first, sweep)
    confirm(scheme.second, sweep, bank_reference=" FRAIS   1 ")
    assert cents(purse, K.FEES_DUE) == cents(purse, K.VAT_DUE) == 0
    assert cents(purse, K.SAFEGUARDED) == 100_000 - 48
    assert differences() == []
    with acting(OPERATOR):
        purse.refresh_from_db()
        assert purse.available_cents == 100_000 - 1000
        moved = Transfer.objects.filter(event=sweep.pk).order_by("kind").values_list("kind", "amount_cents")
        assert list(moved) == [("fees_swept", 40), ("vat_swept", 8)]
        assert booked_cents(purse=purse, as_of=timezone.now()) == 100_000 - 48
        verbs = Event.objects.filter(object_id=str(sweep.pk)).order_by("id").values_list("verb", "person_id")
        assert list(verbs) == [
            ("fee_sweep_prepared", scheme.first.person_id),
            ("fee_sweep_confirmed", scheme.second.person_id),
        ]
        found = describe([(T.FEES_SWEPT, sweep.pk), (T.VAT_SWEPT, uuid.uuid4())])
        assert found[T.FEES_SWEPT, sweep.pk].text == "Frais de l’opérateur, virement FRAIS 1"
        assert found[T.FEES_SWEPT, sweep.pk].funder == purse.funder.name
    for late in (lambda: confirm(scheme.second, sweep), lambda: discard(scheme.second, sweep)):
        with pytest.raises(errors.SweepClosed), transaction.atomic():
            late()


def test_one_waits_at_a_time_and_a_repeat_returns_it_as_it_was_prepared(scheme, purse):
    sweep = prepare(scheme.first, purse)
    earn(scheme, purse)
    assert prepare(scheme.second, purse) == sweep
    with acting(OPERATOR):
        assert fees_due(purse) == {purse: (80, 16)}
    confirm(scheme.second, sweep)
    assert (cents(purse, K.FEES_DUE), cents(purse, K.VAT_DUE)) == (40, 8)  # the rest waits for the next
    following = prepare(scheme.second, purse)
    assert (following.fees_cents, following.vat_cents) == (40, 8)
    with pytest.raises(errors.SweepKnown):
        confirm(scheme.first, following)
    confirm(scheme.first, following, bank_reference="FRAIS 2")
    with pytest.raises(errors.NothingToSweep):
        prepare(scheme.first, purse)
    assert differences() == []


def test_a_mistake_is_set_aside_before_it_leaves(scheme, purse):
    discard(scheme.first, prepare(scheme.first, purse))
    with acting(OPERATOR):
        assert not FeeSweep.objects.exists()
        assert Event.objects.filter(verb="fee_sweep_discarded").exists()
    assert cents(purse, K.FEES_DUE) == 40
    confirm(scheme.first, prepare(scheme.second, purse))


def test_less_due_than_was_prepared_does_not_leave(scheme, purse):
    sweep = more_than_due(scheme, purse)
    with pytest.raises(errors.SweepOvertaken, match="doit maintenant moins de frais"):
        confirm(scheme.second, sweep)
    with acting(OPERATOR):
        assert FeeSweep.objects.get().confirmed_at is None
    discard(scheme.second, sweep)
    assert prepare(scheme.second, purse).fees_cents == 40


def test_a_purse_pays_its_own_fees_only(scheme, purse):
    other = scheme.funder(cash=100_000)
    earn(scheme, other)
    confirm(scheme.second, prepare(scheme.first, purse))
    assert (cents(other, K.FEES_DUE), cents(other, K.SAFEGUARDED)) == (40, 100_000)
    confirm(scheme.second, prepare(scheme.first, other))  # the same reference, at another purse's account


def test_a_transfer_that_no_bank_made_is_not_confirmed(scheme, purse):
    sweep, tomorrow = prepare(scheme.first, purse), timezone.localdate() + timedelta(days=1)
    for wrong in ({"bank_reference": " "}, {"left_on": tomorrow}, {"left_on": tomorrow - timedelta(days=400)}):
        with pytest.raises(InvalidFunds):
            confirm(scheme.second, sweep, **wrong)


def test_only_the_operators_money_people_take_fees(scheme, purse):
    for stranger in (make_operator(Role.AGENT), make_member(purse.funder, Hat.FUNDER, Role.MANAGER)):
        with pytest.raises(NotAllowed):
            prepare(stranger.principal, purse)
    sweep = prepare(scheme.first, purse)
    for verb in (confirm, discard):
        with pytest.raises(NotAllowed):
            verb(make_operator(Role.AGENT).principal, sweep)


# --- the rows, and what the ledger accepts --------------------------------------------------------------------------


def test_the_database_refuses_one_person_and_half_a_confirmation(scheme, purse):
    sweep = prepare(scheme.first, purse)
    done = {"bank_reference": "X", "left_on": timezone.localdate(), "confirmed_at": timezone.now(),
            "confirmed_by": scheme.second.person_id}  # fmt: skip
    for wrong, constraint in (
        ({"confirmed_by": sweep.prepared_by}, "sweep_two_people"),
        ({"confirmed_by": None}, "sweep_two_people"),
        ({"left_on": None}, "sweep_left_iff_confirmed"),
        ({"bank_reference": ""}, "sweep_left_iff_confirmed"),
    ):
        with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            FeeSweep.objects.filter(pk=sweep.pk).update(**{**done, **wrong})


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"fees_cents": 0, "vat_cents": 0}, "sweep_positive"),
        ({"fees_cents": -1}, "sweep_positive"),
        ({"prepared_by": None}, "sweep_two_people"),
        ({}, "one_sweep_prepared_per_purse"),
    ],
)
def test_the_database_refuses_an_impossible_sweep(scheme, purse, wrong, constraint):
    sweep = prepare(scheme.first, purse)
    if wrong:
        discard(scheme.first, sweep)
    row = {"fees_cents": 1, "vat_cents": 1, "prepared_by": scheme.first.person_id, **wrong}
    with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        FeeSweep.objects.create(purse=purse, funder_id=purse.funder_id, prepared_at=timezone.now(), **row)


def test_a_sweep_is_of_its_purses_funder_who_reads_it_and_writes_none(scheme, purse):
    other = scheme.funder()
    mine, theirs = (make_member(one.funder, Hat.FUNDER, Role.MANAGER) for one in (purse, other))
    row = {"purse": purse, "fees_cents": 1, "vat_cents": 0, "prepared_by": uuid.uuid4(), "prepared_at": timezone.now()}
    with acting(OPERATOR), pytest.raises(IntegrityError, match="sweep_funder_is_purses"), transaction.atomic():
        FeeSweep.objects.create(funder=other.funder, **row)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(mine.principal), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        FeeSweep.objects.create(funder=purse.funder, **row)
    sweep = prepare(scheme.first, purse)
    for member, rows in ((mine, [sweep]), (theirs, [])):
        with acting(member.principal):
            assert list(FeeSweep.objects.all()) == list(FeeSweep.objects.visible_to(member.principal)) == rows


def test_what_was_prepared_is_what_is_confirmed_and_what_is_confirmed_stays(scheme, purse):
    sweep = prepare(scheme.first, purse)
    with acting(OPERATOR), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        FeeSweep.objects.update(fees_cents=1)
    confirm(scheme.second, sweep)
    for change in (lambda: FeeSweep.objects.update(bank_reference="Y"), lambda: FeeSweep.objects.all().delete()):
        with acting(OPERATOR), pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def confirm_alone(scheme, sweep):
    """Half of what confirming does: the row, without its transfers."""
    FeeSweep.objects.filter(pk=sweep.pk).update(
        bank_reference="X", left_on=timezone.localdate(), confirmed_at=timezone.now(),
        confirmed_by=scheme.second.person_id,
    )  # fmt: skip


def post_fees(purse, event, amount):
    due, safe = (account(purse=purse, kind=kind) for kind in (K.FEES_DUE, K.SAFEGUARDED))
    post(kind=T.FEES_SWEPT, debit=due, credit=safe, amount_cents=amount, event=event)


def test_the_ledger_accepts_no_fees_that_two_people_did_not_take(scheme, purse):
    """Whoever posts: of no sweep, of one that only waits, of another purse's, or of another amount."""
    other = scheme.funder(cash=100_000)
    earn(scheme, other)
    sweep = prepare(scheme.first, purse)
    for where, event, amount, confirmed in (
        (purse, uuid.uuid4(), 40, False),
        (purse, sweep.pk, 40, False),
        (other, sweep.pk, 40, True),
        (purse, sweep.pk, 39, True),
    ):
        with acting(OPERATOR), pytest.raises(IntegrityError, match="fees leave by two people"), transaction.atomic():
            if confirmed:
                confirm_alone(scheme, sweep)
            post_fees(where, event, amount)
    assert (cents(purse, K.FEES_DUE), cents(other, K.FEES_DUE)) == (40, 40)


def test_the_ledger_accepts_no_more_fees_than_are_due(scheme, purse):
    sweep = more_than_due(scheme, purse)
    with acting(OPERATOR), pytest.raises(InsufficientFunds), transaction.atomic():
        confirm_alone(scheme, sweep)
        post_fees(purse, sweep.pk, 41)
