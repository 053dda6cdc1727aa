"""Money promised and received: what moves, what is refused, and that a repeat never counts twice."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.ledger.errors import InsufficientFunds, InvalidAmount, InvalidFunds
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Transfer
from aptic.ledger.services import account, post
from aptic.tenancy.principal import acting
from funders import services
from funders.errors import AmountDiffers, PaymentOrderClosed, PaymentOrderKnown, ReceiptKnown
from funders.funds import Funds, funds_of, purse_of
from funders.models import FundingLine, PaymentOrder, Receipt
from tests.factories import make_campaign, make_funder, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def line():
    """An empty line, read as the operator, who acts for the length of the test."""
    campaign = make_campaign()
    with acting(make_operator().principal):
        yield FundingLine.objects.select_related("account__purse__funder", "campaign").get(campaign=campaign)


def receive(line, cents=10_000, reference="VIR-1", **more):
    more.setdefault("received_on", timezone.localdate())
    return services.record_receipt(line=line, amount_cents=cents, bank_reference=reference, **more)


def promise(line, cents=10_000, number="M-1", **more):
    return services.record_payment_order(line=line, number=number, amount_cents=cents, **more)


def funds(line):
    return funds_of([line])[line.pk]


def test_what_is_received_is_free(line):
    receipt = receive(line)
    assert funds(line) == Funds(received=10_000, free=10_000)
    assert Transfer.objects.get(event=receipt.pk).kind == TransferKind.FUNDS_RECEIVED
    assert purse_of(line.account.purse)["safeguarded"] == 10_000


def test_what_is_promised_is_free_before_it_is_received(line):
    promise(line)
    assert funds(line) == Funds(promised=10_000, free=10_000)
    assert purse_of(line.account.purse)["safeguarded"] == 0


def test_a_promise_is_collected_once(line):
    order = promise(line)
    receive(line, payment_order=order)
    assert funds(line) == Funds(received=10_000, free=10_000)
    assert PaymentOrder.objects.get(pk=order.pk).state == PaymentOrder.State.COLLECTED
    with pytest.raises(PaymentOrderClosed):
        receive(line, reference="VIR-2", payment_order=order)
    assert funds(line) == Funds(received=10_000, free=10_000)


def test_recording_the_same_transfer_again_returns_the_first(line):
    order = promise(line)
    first = receive(line, payment_order=order)
    assert receive(line, payment_order=order).pk == first.pk
    assert receive(line, reference="  VIR-1 ", payment_order=order).pk == first.pk
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("change", [{"cents": 9_999}, {"received_on": timezone.localdate() - dt.timedelta(days=1)}])
def test_the_same_reference_with_another_content_is_refused(line, change):
    receive(line)
    with pytest.raises(ReceiptKnown):
        receive(line, **change)


def test_the_same_reference_of_another_funder_is_another_transfer(line):
    receive(line)
    other = FundingLine.objects.select_related("account__purse", "campaign").get(campaign=make_campaign())
    assert receive(other).pk != Receipt.objects.get(line=line).pk


def test_recording_the_same_promise_again_returns_the_first(line):
    first = promise(line)
    assert promise(line).pk == first.pk
    with pytest.raises(PaymentOrderKnown):
        promise(line, cents=10_001)
    assert funds(line).promised == 10_000


@pytest.mark.parametrize("cents", [0, -1, -10_000, 10_000_000_001])
def test_an_absurd_amount_is_refused(line, cents):
    for record in (receive, promise):
        with pytest.raises(InvalidAmount):
            record(line, cents)
    assert funds(line) == Funds()


@pytest.mark.parametrize("days", [1, -400])
def test_a_day_to_come_or_too_old_is_refused(line, days):
    with pytest.raises(InvalidFunds):
        receive(line, received_on=timezone.localdate() + dt.timedelta(days=days))


def test_a_reference_is_needed(line):
    with pytest.raises(InvalidFunds, match="référence du virement"):
        receive(line, reference="   ")
    with pytest.raises(InvalidFunds, match="40 caractères"):
        promise(line, number="M" * 41)


def test_a_transfer_of_another_amount_does_not_settle_a_promise(line):
    order = promise(line)
    with pytest.raises(AmountDiffers, match=r"100\s€.*99,99\s€"):
        receive(line, cents=9_999, payment_order=order)
    assert PaymentOrder.objects.get(pk=order.pk).state == PaymentOrder.State.OPEN


def test_a_promise_for_another_line_is_not_settled(line):
    order = promise(line)
    other = services.add_funding_line(campaign=line.campaign, source="Région")
    with pytest.raises(InvalidFunds, match="autre ligne"):
        receive(other, payment_order=order)


def test_a_promise_is_cancelled_once_and_only_from_free_money(line):
    order = promise(line)
    services.cancel_payment_order(payment_order=order)
    services.cancel_payment_order(payment_order=order)
    assert funds(line) == Funds()
    second = promise(line, number="M-2")
    issue(line, 1)
    with pytest.raises(InsufficientFunds), transaction.atomic():
        services.cancel_payment_order(payment_order=second)
    assert PaymentOrder.objects.get(pk=second.pk).state == PaymentOrder.State.OPEN
    assert funds(line) == Funds(promised=10_000, free=9_999, circulation=1)


def test_a_collected_promise_is_not_cancelled(line):
    order = promise(line)
    receive(line, payment_order=order)
    with pytest.raises(PaymentOrderClosed):
        services.cancel_payment_order(payment_order=order)


def issue(line, cents):
    """The ledger's side of issuing: money leaves the line for a batch."""
    batch = uuid.uuid4()
    circulation = account(purse=line.account.purse, kind=AccountKind.CIRCULATION, about=batch)
    post(kind=TransferKind.ISSUE, debit=line.account, credit=circulation, amount_cents=cents, event=batch)
    return circulation


def test_issued_never_exceeds_funded(line):
    receive(line)
    with pytest.raises(InsufficientFunds):
        issue(line, 10_001)


def test_where_each_cent_stands_is_read_from_the_ledger(line):
    receive(line, 6_000)
    promise(line, 4_000)
    circulation = issue(line, 5_000)
    purse = line.account.purse
    replacement = account(purse=purse, kind=AccountKind.CIRCULATION, about=uuid.uuid4())
    post(kind=TransferKind.REPLACE, debit=circulation, credit=replacement, amount_cents=1_000, event=uuid.uuid4())
    payable = account(purse=purse, kind=AccountKind.PAYABLE, about=uuid.uuid4())
    post(kind=TransferKind.REDEEM, debit=replacement, credit=payable, amount_cents=300, event=uuid.uuid4())
    post(kind=TransferKind.EXPIRE, debit=circulation, credit=line.account, amount_cents=200, event=uuid.uuid4())
    stands = funds(line)
    assert stands == Funds(received=6_000, promised=4_000, free=5_200, circulation=4_500, used=300)
    assert stands.total == stands.free + stands.circulation + stands.used


def test_only_the_operators_money_people_record_money():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        line = campaign.lines.select_related("account__purse", "campaign").get()
        with pytest.raises(NotAllowed):
            receive(line)
    with acting(make_operator(Role.AGENT).principal), pytest.raises(NotAllowed):
        promise(line)


def test_a_funder_reads_its_own_money_and_nobody_elses():
    mine, theirs = make_funder(), make_funder()
    campaign = make_campaign(mine)
    with acting(make_operator().principal):
        line = campaign.lines.select_related("account__purse", "campaign").get()
        receive(line)
        promise(line)
    with acting(mine.principal):
        assert (Receipt.objects.count(), PaymentOrder.objects.count()) == (1, 1)
    with acting(theirs.principal):
        assert (Receipt.objects.count(), PaymentOrder.objects.count()) == (0, 0)
        assert not Receipt.objects.visible_to(theirs.principal).exists()
        assert funds_of([line]) == {}


def test_a_funder_cannot_write_its_own_receipt():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        line = campaign.lines.get()
        forged = Receipt(
            line=line, funder=funder.organisation, amount_cents=1, bank_reference="X",
            received_on=timezone.localdate(), recorded_by=funder.user.pk, recorded_at=timezone.now(),
        )  # fmt: skip
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            forged.save(force_insert=True)


def test_receipts_are_append_only(line):
    receipt = receive(line)
    for change in (lambda: Receipt.objects.update(amount_cents=1), lambda: receipt.delete()):
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
            change()
    assert Receipt.objects.get().amount_cents == 10_000


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"amount_cents": 0}, "payment_order_positive"),
        ({"state": "collected"}, "payment_order_closed_iff_dated"),
        ({"number": "M-0"}, "payment_order_number"),
    ],
)
def test_the_database_refuses_an_impossible_promise(line, change, constraint):
    promise(line, number="M-0")
    order = promise(line, number="M-1")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PaymentOrder.objects.filter(pk=order.pk).update(**change)
