"""The ledger's verbs: open a purse and its accounts, post a transfer, reverse one.

The redeem path posts in its own statement (`passes/redemption.py`); everything else comes through `post`.
"""

import uuid
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aptic.ledger.errors import AlreadyRecorded, InsufficientFunds, InvalidAmount, WrongPosting
from aptic.ledger.kinds import GUARDED, POSTINGS, AccountKind, TransferKind
from aptic.ledger.models import Account, Purse, Transfer
from aptic.tenancy.models import Organisation

# Not the ORM: it would name every column, and only PostgreSQL says a transfer's number and when it was recorded.
NAMED = (
    "purse_id", "debit_id", "credit_id", "amount_cents", "kind", "event", "reverses_id", "funder_id", "actor_id",
    "accounted_at",
)  # fmt: skip
_INSERT = f"INSERT INTO ledger_transfer ({', '.join(NAMED)}) VALUES ({', '.join('%s' for _ in NAMED)}) RETURNING id"


def open_purse(*, funder: Organisation | None) -> Purse:
    """The purse of `funder` (None: the operator's guarantee), made at its first use."""
    purse, _ = Purse.objects.get_or_create(funder=funder)
    return purse


def hold_purses(*purses: Purse) -> None:
    """Hold these purses in id order until the transaction ends: whoever moves money of several takes them first.

    FOR NO KEY UPDATE, so that redemptions, which only refer to them, go on meanwhile.
    """
    held = Purse.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[one.pk for one in purses])
    list(held.order_by("id").values_list("id", flat=True))


def account(
    *, purse: Purse, kind: AccountKind, about: uuid.UUID | None = None, actor_id: uuid.UUID | None = None
) -> Account:
    """The account of `purse` for (`kind`, `about`), made at its first use; safe under concurrency."""
    found = Account.objects.filter(purse=purse, kind=kind, about=about).first()
    if found:
        return found
    fresh = Account(
        purse=purse,
        kind=kind,
        about=about,
        funder_id=purse.funder_id,
        actor_id=actor_id,
        guarded_cents=0 if kind in GUARDED else None,
    )
    Account.objects.bulk_create([fresh], ignore_conflicts=True)
    return Account.objects.get(purse=purse, kind=kind, about=about)


def post(
    *,
    kind: TransferKind,
    debit: Account,
    credit: Account,
    amount_cents: int,
    event: uuid.UUID,
    reverses: Transfer | None = None,
    at: datetime | None = None,
) -> Transfer:
    """Record one transfer of `amount_cents` for the business event `event`; a repeat returns the first.

    Raises InvalidAmount, WrongPosting, AlreadyRecorded (same event, other content) and InsufficientFunds (a guarded
    balance or the purse's own money would fall below zero, or a refund would take what it owes).
    """
    if amount_cents <= 0:
        raise InvalidAmount
    if kind in POSTINGS and POSTINGS[kind] != (debit.kind, credit.kind):
        raise WrongPosting
    transfer = Transfer(
        purse_id=debit.purse_id,
        debit=debit,
        credit=credit,
        amount_cents=amount_cents,
        kind=kind,
        event=event,
        reverses=reverses,
        funder_id=debit.funder_id,
        actor_id=debit.actor_id or credit.actor_id,
        accounted_at=at or timezone.now(),
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_INSERT, [getattr(transfer, name) for name in NAMED])
            transfer.pk = cursor.fetchone()[0]
    except IntegrityError as error:
        return _explain(error, transfer)
    return transfer


def _explain(error: IntegrityError, wanted: Transfer) -> Transfer:
    """Turn the constraint that refused into an answer: the first recording, or a sentence."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint in {"account_never_negative", "purse_pays_for_itself", "refund_of_free_cash"}:
        raise InsufficientFunds from error
    if constraint != "transfer_once_per_event":
        raise error
    first = Transfer.objects.get(event=wanted.event, kind=wanted.kind, purse_id=wanted.purse_id)
    same = (first.debit_id, first.credit_id, first.amount_cents) == (
        wanted.debit_id,
        wanted.credit_id,
        wanted.amount_cents,
    )
    if not same:
        raise AlreadyRecorded from error
    return first
