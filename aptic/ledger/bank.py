"""What the bank says a purse holds: entered by one person, confirmed by another, then part of the proof.

A statement is evidence, not an entry: it moves no money. A difference with our own books is shown, never corrected.
"""

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.errors import (
    AlreadyRecorded,
    BankBalanceClosed,
    InvalidAmount,
    StatementTooNew,
    TwoPeopleNeeded,
)
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account, BankBalance, Purse, Transfer
from aptic.ledger.proof import counts
from aptic.tenancy.principal import current

# The count of safeguarded money: the bank's last confirmed word, and what each room has recorded since then.
SAFEGUARDED_BY = "dernier relevé de banque confirmé, et mouvements enregistrés depuis"
LAST_STATEMENT = """
SELECT DISTINCT ON (purse_id) purse_id, as_of, balance_cents FROM ledger_bankbalance
 WHERE confirmed_at IS NOT NULL ORDER BY purse_id, as_of DESC
"""


@transaction.atomic
def enter_bank_balance(
    *, purse: Purse, as_of: datetime, balance_cents: int, reference: str, at: datetime | None = None
) -> BankBalance:
    """Copy a balance from the bank's statement of `purse` at the instant `as_of`; a repeat returns the first.

    Raises NotAllowed, InvalidAmount (negative), StatementTooNew and AlreadyRecorded (same instant, other balance).
    """
    person_id, now = cashier(), at or timezone.now()
    if balance_cents < 0:
        raise InvalidAmount("Un compte de cantonnement n’est jamais négatif.", field="balance_cents")
    if as_of > now + timedelta(minutes=1):
        raise StatementTooNew(field="as_of")
    wanted = BankBalance(
        purse=purse,
        funder_id=purse.funder_id,
        as_of=as_of,
        balance_cents=balance_cents,
        reference=reference.strip(),
        entered_by=person_id,
    )
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        first = BankBalance.objects.filter(purse=purse, as_of=as_of).first()
        if first is None:
            raise
        if first.balance_cents != balance_cents:
            raise AlreadyRecorded("Un autre solde est déjà saisi pour cet instant.", field="as_of") from error
        return first
    record(verb="bank_balance_entered", target=wanted, organisation_id=purse.funder_id)
    return wanted


@transaction.atomic
def confirm_bank_balance(*, bank_balance: BankBalance, at: datetime | None = None) -> None:
    """Confirm, against the bank's paper, what another person entered. From now on the proof counts with it.

    Raises NotAllowed, TwoPeopleNeeded and BankBalanceClosed.
    """
    person_id = cashier()
    waiting = BankBalance.objects.filter(pk=bank_balance.pk, confirmed_at=None)
    if waiting.exclude(entered_by=person_id).update(confirmed_by=person_id, confirmed_at=at or timezone.now()):
        record(
            verb="bank_balance_confirmed",
            target=bank_balance,
            fields=("confirmed_by",),
            organisation_id=bank_balance.funder_id,
        )
        return
    raise TwoPeopleNeeded if waiting.exists() else BankBalanceClosed


@transaction.atomic
def discard_bank_balance(*, bank_balance: BankBalance) -> None:
    """Set aside a statement entered by mistake and not yet confirmed; the trail keeps that it existed.

    Raises NotAllowed and BankBalanceClosed.
    """
    cashier()
    # Recorded first: once deleted, the row has no key left to name.
    record(verb="bank_balance_discarded", target=bank_balance, organisation_id=bank_balance.funder_id)
    if not BankBalance.objects.filter(pk=bank_balance.pk, confirmed_at=None).delete()[0]:
        raise BankBalanceClosed


def booked_cents(*, purse: Purse, as_of: datetime) -> int:
    """What our own books say the bank held for `purse` at `as_of`, in cents."""
    held = purse.accounts.filter(kind=AccountKind.SAFEGUARDED)
    until = Transfer.objects.filter(accounted_at__lte=as_of)
    # One sum per side: each has its index.
    came = until.filter(debit__in=held).aggregate(cents=Sum("amount_cents", default=0))
    left = until.filter(credit__in=held).aggregate(cents=Sum("amount_cents", default=0))
    return came["cents"] - left["cents"]


@counts(AccountKind.SAFEGUARDED, by=SAFEGUARDED_BY)
def stated(accounts: list[Account]) -> dict[int, int]:
    """Cents that the last confirmed statement gives to each purse; a purse without one is counted from its origin."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_STATEMENT)
        cents = {purse_id: balance_cents for purse_id, _, balance_cents in cursor.fetchall()}
    return {one.pk: cents[one.purse_id] for one in accounts if one.purse_id in cents}


def cashier() -> uuid.UUID:
    """The person acting, if they are one of the operator's who may touch money. Raises NotAllowed."""
    principal = current()
    allowed = principal.is_operator and principal.role in {"", Role.MANAGER, Role.FINANCE}
    if not allowed or principal.person_id is None:
        raise NotAllowed
    return principal.person_id
