"""Money that a funder did not use, given back: one person of the operator prepares, another transfers and confirms.

The row's id is the transfer's business event. How much may be given back is one rule, `ledger_refundable` in the
ledger's migrations: asked here under the purse's lock, for a sentence, and by the ledger's guard, for good.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from aptic import french
from aptic.accounts.letters import write_to_managers
from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.documents.crypto import encrypt_text
from aptic.iban import check_iban
from aptic.ledger.balances import refundable
from aptic.ledger.bank import cashier
from aptic.ledger.describe import Description, Event, describes
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.rules import check_reference, check_transfer_day
from aptic.ledger.services import account, hold_purses, post
from funders import rules
from funders.errors import RefundClosed, RefundKnown, RefundNeedsAnother, RefundOvertaken, RefundWaiting
from funders.models import FundingLine, Refund


@transaction.atomic
def prepare_refund(
    *, line: FundingLine, amount_cents: int, reason: str, holder: str, iban: str, at: datetime | None = None
) -> Refund:
    """Note what is to be given back of `line`, why, and to which account; nothing moves. A repeat returns the first.

    Raises NotAllowed, InvalidAmount, InvalidFunds, InvalidIban, RefundWaiting (another is prepared on this line) and
    RefundTooLarge.
    """
    person_id, now = cashier(), at or timezone.now()
    rules.check_funds(amount_cents)
    number = check_iban(iban)
    wanted = Refund(
        line=line,
        funder_id=line.funder_id,
        amount_cents=amount_cents,
        reason=check_reference(reason, field="reason", length=300, what="le motif du remboursement"),
        holder=check_reference(holder, field="holder", length=70, what="le titulaire du compte"),
        iban_last4=number[-4:],
        prepared_by=person_id,
        prepared_at=now,
    )
    wanted.iban_sealed = encrypt_text(number, context=str(wanted.pk).encode()).encode()
    # Held until the end: two people who prepare at the same instant come one after the other.
    hold_purses(line.account.purse)
    if first := Refund.objects.filter(line=line, confirmed_at=None).first():
        return _same(first, wanted)
    rules.check_refund(amount_cents, refundable=_refundable(line))
    wanted.save(force_insert=True)
    record(verb="refund_prepared", target=wanted, organisation_id=line.funder_id)
    return wanted


@transaction.atomic
def confirm_refund(*, refund: Refund, bank_reference: str, left_on: date, at: datetime | None = None) -> None:
    """Confirm, the bank's paper at hand, that what another person prepared has left: the books move now.

    Raises NotAllowed, InvalidFunds, RefundNeedsAnother, RefundClosed, RefundOvertaken (its money was used meanwhile)
    and RefundKnown (the reference is another refund's).
    """
    person_id, now = cashier(), at or timezone.now()
    check_transfer_day(left_on, today=timezone.localdate(now), field="left_on")
    plain = check_reference(bank_reference, field="bank_reference", length=60, what="la référence du virement")
    # Purses before any other row: the order in which whoever moves their money takes locks.
    hold_purses(refund.line.account.purse)
    waiting = Refund.objects.filter(pk=refund.pk, confirmed_at=None)
    others = waiting.exclude(prepared_by=person_id)
    if others.exists() and refund.amount_cents > _refundable(refund.line):
        raise RefundOvertaken
    try:
        with transaction.atomic():
            confirmed = others.update(bank_reference=plain, left_on=left_on, confirmed_by=person_id, confirmed_at=now)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "refund_reference":
            raise
        raise RefundKnown(field="bank_reference") from error
    if not confirmed:
        raise RefundNeedsAnother if waiting.exists() else RefundClosed
    refund.refresh_from_db(fields=["bank_reference", "left_on", "confirmed_by", "confirmed_at"])
    _post(refund, now)
    record(verb="refund_confirmed", target=refund, fields=("confirmed_by",), organisation_id=refund.funder_id)
    _tell(refund)


@transaction.atomic
def discard_refund(*, refund: Refund) -> None:
    """Set aside a refund that has not left; the trail keeps that it existed. Raises NotAllowed and RefundClosed."""
    cashier()
    # Recorded first: once deleted, the row has no key left to name.
    record(verb="refund_discarded", target=refund, organisation_id=refund.funder_id)
    if not Refund.objects.filter(pk=refund.pk, confirmed_at=None).delete()[0]:
        raise RefundClosed


def _refundable(line: FundingLine) -> int:
    return refundable(line.account.purse_id).get(line.account_id, 0)


def _same(first: Refund, wanted: Refund) -> Refund:
    """The refund that waits on this line, if the second says the same."""
    names = ("amount_cents", "reason", "holder", "iban_last4")
    if any(getattr(first, name) != getattr(wanted, name) for name in names):
        raise RefundWaiting(field="line")
    return first


def _post(refund: Refund, now: datetime) -> None:
    credit = refund.line.account
    post(
        kind=TransferKind.REFUND,
        debit=credit,
        credit=account(purse=credit.purse, kind=AccountKind.SAFEGUARDED),
        amount_cents=refund.amount_cents,
        event=refund.pk,
        at=now,
    )


def _tell(refund: Refund) -> None:
    """The funder learns it the same day: it alone can say that the account is not its own."""
    words: dict[str, Any] = {
        "amount": french.euros(refund.amount_cents),
        "campaign": refund.line.campaign.name,
        "source": refund.line.source,
        "reason": refund.reason,
        "account": refund.iban_last4,
        "reference": refund.bank_reference,
        "left_on": french.date(refund.left_on),
        "address": reverse("funder_campaign", args=[refund.funder_id, refund.line.campaign_id]),
    }
    roles = (Role.MANAGER, Role.FINANCE)
    write_to_managers(organisation=refund.line.funder, template="refund_left", context=words, roles=roles)


@describes(TransferKind.REFUND)
def describe_refunds(events: list[Event]) -> dict[Event, Description]:
    """The bank reference of each refund, and whose money it was."""
    rows = Refund.objects.select_related("funder").in_bulk({event for _, event in events})
    return {
        (kind, event): Description(at=rows[event].confirmed_at, text=str(rows[event]), funder=rows[event].funder.name)
        for kind, event in events
        if event in rows
    }
