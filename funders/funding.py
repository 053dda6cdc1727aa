"""Money promised by a funder, and money that reached its ring-fenced account. Only the operator records either.

Each row and its transfer are written together; the row's id is the transfer's business event.
"""

import uuid
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic import french
from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.errors import InvalidFunds
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Account
from aptic.ledger.rules import check_reference, check_transfer_day
from aptic.ledger.services import account, post
from aptic.tenancy.principal import current
from funders import rules
from funders.errors import AmountDiffers, PaymentOrderClosed, PaymentOrderKnown, ReceiptKnown
from funders.models import FundingLine, PaymentOrder, Receipt


@transaction.atomic
def record_payment_order(
    *,
    line: FundingLine,
    number: str,
    amount_cents: int,
    expected_on: date | None = None,
    at: datetime | None = None,
) -> PaymentOrder:
    """Record a public funder's promise to pay (mandat de paiement): its amount becomes free money to issue on.

    A repeat with the same content returns the first; with another, PaymentOrderKnown. Raises NotAllowed,
    InvalidAmount and InvalidFunds.
    """
    person_id, now = _cashier(), at or timezone.now()
    rules.check_funds(amount_cents)
    plain = check_reference(number, field="number", length=40, what="le numéro du mandat")
    wanted = PaymentOrder(
        line=line,
        funder_id=line.funder_id,
        number=plain,
        amount_cents=amount_cents,
        expected_on=expected_on,
        recorded_by=person_id,
        recorded_at=now,
    )
    if not _inserted(wanted, "payment_order_number"):
        first = PaymentOrder.objects.get(funder_id=line.funder_id, number=plain)
        if (first.line_id, first.amount_cents, first.expected_on) != (line.pk, amount_cents, expected_on):
            raise PaymentOrderKnown(field="number")
        return first
    post(
        kind=TransferKind.FUNDS_PROMISED,
        debit=_receivable(line),
        credit=line.account,
        amount_cents=amount_cents,
        event=wanted.pk,
        at=now,
    )
    record(verb="payment_order_recorded", target=wanted, organisation_id=line.funder_id)
    return wanted


@transaction.atomic
def cancel_payment_order(*, payment_order: PaymentOrder, at: datetime | None = None) -> None:
    """Take back a promise, from money still free on its line; a repeat is silent.

    Raises NotAllowed, PaymentOrderClosed (it was collected) and InsufficientFunds (passes were issued on it).
    """
    _cashier()
    if not _close(payment_order, PaymentOrder.State.CANCELLED, at or timezone.now()):
        if not PaymentOrder.objects.filter(pk=payment_order.pk, state=PaymentOrder.State.CANCELLED).exists():
            raise PaymentOrderClosed
        return
    line = payment_order.line
    post(
        kind=TransferKind.PROMISE_CANCELLED,
        debit=line.account,
        credit=_receivable(line),
        amount_cents=payment_order.amount_cents,
        event=payment_order.pk,
        at=at,
    )
    record(verb="payment_order_cancelled", target=payment_order, fields=("state",), organisation_id=line.funder_id)


@transaction.atomic
def record_receipt(
    *,
    line: FundingLine,
    amount_cents: int,
    bank_reference: str,
    received_on: date,
    payment_order: PaymentOrder | None = None,
    at: datetime | None = None,
) -> Receipt:
    """Record a transfer read on the bank statement; with `payment_order`, it settles that promise.

    A repeat of the bank reference with the same content returns the first receipt; with another, ReceiptKnown. Raises
    NotAllowed, InvalidAmount, InvalidFunds, AmountDiffers and PaymentOrderClosed.
    """
    person_id, now = _cashier(), at or timezone.now()
    rules.check_funds(amount_cents)
    check_transfer_day(received_on, today=timezone.localdate(now))
    plain = check_reference(bank_reference, field="bank_reference", length=60, what="la référence du virement")
    wanted = Receipt(
        line=line,
        funder_id=line.funder_id,
        payment_order=payment_order,
        amount_cents=amount_cents,
        bank_reference=plain,
        received_on=received_on,
        recorded_by=person_id,
        recorded_at=now,
    )
    # Held until the end, so that a repeat at the same instant waits for the first and finds it.
    FundingLine.objects.select_for_update(of=("self",), no_key=True).get(pk=line.pk)
    if first := Receipt.objects.filter(funder_id=line.funder_id, bank_reference=plain).first():
        return _same_receipt(first, wanted)
    if payment_order is not None:
        _settle(payment_order, wanted, now)
    if not _inserted(wanted, "receipt_reference"):
        # Recorded at the same instant on another line; what this one closed is taken back with its transaction.
        raise ReceiptKnown(field="bank_reference")
    _post_receipt(wanted, now)
    record(verb="receipt_recorded", target=wanted, organisation_id=line.funder_id)
    return wanted


def _post_receipt(receipt: Receipt, now: datetime) -> None:
    line, promised = receipt.line, receipt.payment_order_id is not None
    post(
        kind=TransferKind.FUNDS_COLLECTED if promised else TransferKind.FUNDS_RECEIVED,
        debit=account(purse=line.account.purse, kind=AccountKind.SAFEGUARDED),
        credit=_receivable(line) if promised else line.account,
        amount_cents=receipt.amount_cents,
        event=receipt.pk,
        at=now,
    )


def _settle(payment_order: PaymentOrder, receipt: Receipt, now: datetime) -> None:
    """Close the promise that `receipt` pays in full. One promise, one transfer: see docs/decisions/funding.md."""
    if payment_order.line_id != receipt.line_id:
        raise InvalidFunds("Ce mandat porte sur une autre ligne de financement.", field="payment_order")
    if payment_order.amount_cents != receipt.amount_cents:
        promised, came = french.euros(payment_order.amount_cents), french.euros(receipt.amount_cents)
        raise AmountDiffers(
            f"Le mandat {payment_order.number} est de {promised}, le virement de {came}.", field="amount_cents"
        )
    if not _close(payment_order, PaymentOrder.State.COLLECTED, now):
        raise PaymentOrderClosed(field="payment_order")


def _close(payment_order: PaymentOrder, state: str, now: datetime) -> bool:
    """Move an open payment order to `state`; False when somebody closed it before."""
    changed = PaymentOrder.objects.filter(pk=payment_order.pk, state=PaymentOrder.State.OPEN).update(
        state=state, closed_at=now
    )
    if changed:
        payment_order.state, payment_order.closed_at = state, now
    return bool(changed)


def _same_receipt(first: Receipt, wanted: Receipt) -> Receipt:
    """The first recording, if the second says the same."""
    names = ("line_id", "payment_order_id", "amount_cents", "received_on")
    if any(getattr(first, name) != getattr(wanted, name) for name in names):
        raise ReceiptKnown(field="bank_reference")
    return first


def _inserted(row: PaymentOrder | Receipt, constraint: str) -> bool:
    """Insert `row`; False when the unique key `constraint` already holds another."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != constraint:
            raise
        return False
    return True


def _receivable(line: FundingLine) -> Account:
    return account(purse=line.account.purse, kind=AccountKind.RECEIVABLE, about=line.pk)


def _cashier() -> uuid.UUID:
    """The person acting, if they are one of the operator's who may record money. Raises NotAllowed."""
    principal = current()
    allowed = principal.is_operator and principal.role in {"", Role.MANAGER, Role.FINANCE}
    if not allowed or principal.person_id is None:
        raise NotAllowed
    return principal.person_id
