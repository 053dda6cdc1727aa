"""Money given back to a funder: two people, only cash beyond all that its purse owes, by service and by PostgreSQL."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents.crypto import decrypt_text
from aptic.errors import NotAllowed
from aptic.iban import InvalidIban
from aptic.ledger.balances import free_cash, refundable
from aptic.ledger.bank import booked_cents, confirm_bank_balance, enter_bank_balance
from aptic.ledger.describe import describe
from aptic.ledger.errors import InsufficientFunds, InvalidAmount, InvalidFunds
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Purse, Transfer
from aptic.ledger.proof import compare
from aptic.ledger.services import account, post
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat, acting
from funders import errors, services
from funders.funds import Funds, funds_of
from funders.models import FundingLine, Refund
from passes import issuance
from tests.factories import OPERATOR, make_campaign, make_funder, make_member, make_operator, make_paid_line

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
IBAN = "FR76 3000 6000 0112 3456 7890 189"
TERMS = {"amount_cents": 4_000, "reason": "Reste de l’opération close", "holder": "Paierie", "iban": IBAN}


@pytest.fixture
def people():
    return make_operator(Role.FINANCE), make_operator(Role.FINANCE)


@pytest.fixture
def line(people):
    return loaded(make_paid_line(cents=10_000, operator=people[0]))


def loaded(line):
    with acting(OPERATOR):
        return FundingLine.objects.select_related("account__purse", "campaign", "funder").get(pk=line.pk)


def person_of(line, role=Role.MANAGER):
    """One more person of the line's funder."""
    return make_member(line.funder, Hat.FUNDER, role)


def prepare(person, line, **more):
    with acting(person.principal):
        return services.prepare_refund(line=line, **{**TERMS, **more})


def confirm(person, refund, **more):
    with acting(person.principal):
        services.confirm_refund(refund=refund, **{"bank_reference": "REMB 1", "left_on": timezone.localdate(), **more})


def promise(person, line, cents):
    with acting(person.principal):
        return services.record_payment_order(line=line, number=uuid.uuid4().hex, amount_cents=cents)


def issue(funder, line, booklets):
    with acting(funder.principal):
        order = services.place_order(campaign=line.campaign, line=line, booklets=booklets)
    with acting(OPERATOR):
        return issuance.open_batch(order=order)


def may_give(line):
    with acting(OPERATOR):
        return refundable(line.account.purse_id)[line.account_id]


def discard(person, refund):
    with acting(person.principal):
        services.discard_refund(refund=refund)


def test_it_counts_once_another_person_confirms_that_it_left(people, line):
    one, other = people
    refund = prepare(one, line)
    assert prepare(one, line, reason=" Reste de  l’opération close ") == refund  # a repeat
    with acting(OPERATOR):
        assert funds_of([line])[line.pk] == Funds(received=10_000, free=10_000)
        assert compare()[1] == []
    with pytest.raises(errors.RefundNeedsAnother):
        confirm(one, refund)
    confirm(other, refund, bank_reference=" REMB   1 ")
    with acting(OPERATOR):
        moved = Transfer.objects.get(event=refund.pk)
        assert (moved.kind, moved.amount_cents, moved.debit_id) == (T.REFUND, 4_000, line.account_id)
        assert funds_of([line])[line.pk] == Funds(received=6_000, free=6_000)
        assert Purse.objects.get(pk=line.account.purse_id).available_cents == 6_000
        assert compare()[1] == []
        assert describe([(T.REFUND, refund.pk)])[T.REFUND, refund.pk].text == "Remboursement REMB 1"
        verbs = Event.objects.filter(object_id=str(refund.pk)).order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["refund_prepared", "refund_confirmed"]
    for late in (lambda: confirm(other, refund), lambda: discard(other, refund)):
        with pytest.raises(errors.RefundClosed), transaction.atomic():
            late()


def test_its_account_is_kept_encrypted_and_its_funder_is_told(people, line):
    finance = person_of(line, Role.FINANCE)
    manager = person_of(line)
    deliver_due()
    mail.outbox.clear()
    refund = prepare(people[0], line)
    confirm(people[1], refund)
    with acting(OPERATOR):
        kept = Refund.objects.get()
        assert kept.iban_last4 == "0189"
        assert decrypt_text(bytes(kept.iban_sealed).decode(), context=str(kept.pk).encode()) == IBAN.replace(" ", "")
    deliver_due()
    assert {finance.user.email, manager.user.email} <= {one.to[0] for one in mail.outbox}
    (body,) = {one.body for one in mail.outbox}
    assert mail.outbox[0].subject == "Remboursement de 40 €"
    assert "Compte crédité : celui qui finit par 0189" in body
    assert "Référence du virement : REMB 1" in body
    assert reverse("funder_campaign", args=[line.funder_id, line.campaign_id]) in body
    with acting(finance.principal):
        assert Refund.objects.visible_to(finance.principal).get() == kept


def test_a_mistake_is_set_aside_before_it_leaves(people, line):
    refund = prepare(people[0], line)
    with pytest.raises(errors.RefundWaiting):
        prepare(people[1], line, amount_cents=5_000)
    discard(people[1], refund)
    with acting(OPERATOR):
        assert not Refund.objects.exists()
        assert Event.objects.filter(verb="refund_discarded").exists()
    assert prepare(people[1], line, amount_cents=5_000).amount_cents == 5_000


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"amount_cents": 0}, InvalidAmount, "supérieur à zéro"),
        ({"amount_cents": -1}, InvalidAmount, "supérieur à zéro"),
        ({"amount_cents": 10_001}, errors.RefundTooLarge, "ne peut être rendu que 100\xa0€ maintenant"),
        ({"reason": "  "}, InvalidFunds, "Écrivez le motif du remboursement"),
        ({"holder": ""}, InvalidFunds, "Écrivez le titulaire du compte"),
        ({"iban": "FR76 3000"}, InvalidIban, "27 caractères"),
    ],
)
def test_what_cannot_be_prepared_is_said(people, line, wrong, error, said):
    with pytest.raises(error, match=said):
        prepare(people[0], line, **wrong)


def test_a_transfer_that_no_bank_made_is_not_confirmed(people, line):
    refund = prepare(people[0], line)
    tomorrow = timezone.localdate() + timedelta(days=1)
    for wrong in ({"bank_reference": " "}, {"left_on": tomorrow}, {"left_on": tomorrow - timedelta(days=400)}):
        with pytest.raises(InvalidFunds):
            confirm(people[1], refund, **wrong)
    confirm(people[1], refund)
    second = prepare(people[0], line, amount_cents=100)
    with pytest.raises(errors.RefundKnown):
        confirm(people[1], second)


def test_only_the_operators_money_people_give_money_back(people, line):
    for stranger in (make_operator(Role.AGENT), person_of(line, Role.MANAGER)):
        with pytest.raises(NotAllowed):
            prepare(stranger, line)
    refund = prepare(people[0], line)
    with pytest.raises(NotAllowed):
        confirm(make_operator(Role.AGENT), refund)


# --- only cash beyond all other debts of the purse ------------------------------------------------------------------


def test_money_that_is_only_promised_is_no_cash(people, line):
    promise(people[0], line, 50_000)
    assert may_give(line) == 10_000
    other = loaded(make_paid_line(make_campaign(person_of(line)), cents=3_000, operator=people[0]))
    with acting(OPERATOR):
        assert free_cash(line.account.purse_id) == 13_000
    # Each line gives back what came on it, and nothing of its neighbour's.
    assert (may_give(line), may_give(other)) == (10_000, 3_000)
    with pytest.raises(errors.RefundTooLarge):
        prepare(people[0], line, amount_cents=10_001)


def test_passes_issued_on_a_promise_of_another_line_hold_the_cash_of_all(people):
    funder = make_funder()
    paid = loaded(make_paid_line(make_campaign(funder), cents=10_000, operator=people[0]))
    with acting(funder.principal):
        promised = make_campaign(funder).lines.get()
    promised = loaded(promised)
    promise(people[0], promised, 10_000)
    issue(funder, promised, 1)  # 100 €: they may be used tomorrow, and what has come is all there is to pay them
    assert may_give(paid) == 0
    with acting(OPERATOR):
        assert Purse.objects.get(pk=paid.account.purse_id).available_cents == 10_000
    with pytest.raises(errors.RefundTooLarge, match="rien ne peut être rendu"):
        prepare(people[0], paid, amount_cents=1)


def test_an_actors_debt_is_no_cash(people, line):
    """What was paid by mistake and is held back from an actor who has nothing due yet."""
    purse = line.account.purse
    with acting(OPERATOR):
        case = uuid.uuid4()
        claim = account(purse=purse, kind=K.CLAIM, about=case)
        over = account(purse=purse, kind=K.CIRCULATION, about=uuid.uuid4())  # the batch, whose end has come meanwhile
        post(kind=T.INCIDENT_OPENED, debit=claim, credit=over, amount_cents=1_000, event=case)
        post(kind=T.EXPIRE, debit=over, credit=line.account, amount_cents=1_000, event=case)
        assert may_give(line) == 10_000  # the claim is awaited
        payable = account(purse=purse, kind=K.PAYABLE, about=uuid.uuid4())
        post(kind=T.RECOVERED, debit=payable, credit=claim, amount_cents=1_000, event=case)
        assert free_cash(purse.pk) == may_give(line) == 10_000
    with pytest.raises(errors.RefundTooLarge):
        prepare(people[0], line, amount_cents=10_001)


def test_what_was_used_since_it_was_prepared_does_not_leave(people):
    funder = make_funder()
    line = loaded(make_paid_line(make_campaign(funder), cents=10_000, operator=people[0]))
    refund = prepare(people[0], line)
    issue(funder, line, 1)
    with pytest.raises(errors.RefundOvertaken):
        confirm(people[1], refund)
    with acting(OPERATOR):
        assert Refund.objects.get().confirmed_at is None
        assert compare()[1] == []


def test_postgresql_holds_the_bound_whoever_posts(people):
    funder = make_funder()
    paid = loaded(make_paid_line(make_campaign(funder), cents=10_000, operator=people[0]))
    with acting(funder.principal):
        promised = make_campaign(funder).lines.get()
    promised = loaded(promised)
    promise(people[0], promised, 10_000)
    with acting(OPERATOR):
        safe = account(purse=paid.account.purse, kind=K.SAFEGUARDED)
        for credit, cents in ((promised.account, 1), (paid.account, 10_001)):
            with pytest.raises(InsufficientFunds), transaction.atomic():
                post(kind=T.REFUND, debit=credit, credit=safe, amount_cents=cents, event=uuid.uuid4())
    issue(funder, promised, 1)
    with acting(OPERATOR):
        with pytest.raises(InsufficientFunds) as refused, transaction.atomic():
            post(kind=T.REFUND, debit=paid.account, credit=safe, amount_cents=1, event=uuid.uuid4())
        assert "the cash for all that it owes" in str(refused.value.__cause__)


# --- the rows -------------------------------------------------------------------------------------------------------


def test_the_database_refuses_one_person_and_half_a_confirmation(people, line):
    refund = prepare(people[0], line)
    now, today = timezone.now(), timezone.localdate()
    done = {"bank_reference": "X", "left_on": today, "confirmed_at": now, "confirmed_by": people[1].user.pk}
    for wrong, constraint in (
        ({"confirmed_by": refund.prepared_by}, "refund_two_people"),
        ({"left_on": None}, "refund_left_iff_confirmed"),
        ({"bank_reference": ""}, "refund_left_iff_confirmed"),
    ):
        with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Refund.objects.filter(pk=refund.pk).update(**{**done, **wrong})


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"amount_cents": 0}, "refund_positive"),
        ({"reason": ""}, "refund_has_a_reason"),
        ({}, "one_refund_prepared_per_line"),
    ],
)
def test_the_database_refuses_an_impossible_refund(people, line, wrong, constraint):
    refund = prepare(people[0], line)
    if wrong:
        discard(people[0], refund)
    row = {"amount_cents": 1, "reason": "X", "holder": "X", "iban_last4": "0189", "iban_sealed": b"x", **wrong}
    with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Refund.objects.create(line=line, funder_id=line.funder_id, prepared_by=people[0].user.pk,
                              prepared_at=timezone.now(), **row)  # fmt: skip


def test_a_refund_is_of_its_lines_funder_and_no_funder_writes_one(people, line):
    other = make_funder()
    row = {"amount_cents": 1, "reason": "X", "holder": "X", "iban_last4": "0189", "iban_sealed": b"x",
           "prepared_by": other.user.pk, "prepared_at": timezone.now(), "line": line}  # fmt: skip
    with acting(OPERATOR), pytest.raises(IntegrityError, match="refund_line_of_funder"), transaction.atomic():
        Refund.objects.create(funder=other.organisation, **row)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(other.principal), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Refund.objects.create(funder=other.organisation, **row)
    prepare(people[0], line)
    with acting(other.principal):
        assert not Refund.objects.exists()
        assert not Refund.objects.visible_to(other.principal).exists()


def test_what_was_prepared_is_what_is_confirmed_and_what_is_confirmed_stays(people, line):
    refund = prepare(people[0], line)
    with acting(OPERATOR), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Refund.objects.update(amount_cents=1)
    confirm(people[1], refund)
    for change in (lambda: Refund.objects.update(bank_reference="Y"), lambda: Refund.objects.all().delete()):
        with acting(OPERATOR), pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_a_confirmed_statement_is_where_the_proof_starts_from(people, line):
    confirm(people[1], prepare(people[0], line))
    purse, now = line.account.purse, timezone.now()
    with acting(people[0].principal):
        cents = booked_cents(purse=purse, as_of=now)
        stated = enter_bank_balance(purse=purse, as_of=now, balance_cents=cents, reference="Relevé 1")
    assert cents == 6_000
    with acting(people[1].principal):
        confirm_bank_balance(bank_balance=stated)
    confirm(people[1], prepare(people[0], line, amount_cents=500), bank_reference="REMB 2")
    with acting(OPERATOR):
        assert compare()[1] == []
