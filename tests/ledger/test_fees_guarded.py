"""Fees due are guarded from the migration on: what was due before is the bound they start from."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Account
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR
from tests.ledger.test_transfers import Books, account_of

pytestmark = pytest.mark.pg15


def migrate(*name: str) -> None:
    """The tables of the ledger, as that migration leaves them; without a name, every table as it is today."""
    call_command("migrate", *(("ledger", *name) if name else ()), database="owner", verbosity=0, interactive=False)


def test_what_was_due_before_is_the_bound_it_starts_from(fresh_database: Any) -> None:
    books = Books()
    fees, vat = account_of(books, K.FEES_DUE, about=None), account_of(books, K.VAT_DUE, about=None)
    books.move(T.FEE, books.payable, fees, 800)
    books.move(T.FEE_VAT, books.payable, vat, 160)
    books.move(T.FEES_SWEPT, fees, books.safe, 300, event=books.sweep_of(T.FEES_SWEPT, 300))
    migrate("0008")
    with fresh_database.connect("owner") as owner:  # as the version before left them
        owner.execute("UPDATE ledger_account SET guarded_cents = NULL WHERE kind IN ('fees_due', 'vat_due')")
    migrate()
    with acting(OPERATOR):
        kept = dict(Account.objects.filter(pk__in=(fees.pk, vat.pk)).values_list("kind", "guarded_cents"))
    assert kept == {K.FEES_DUE: 500, K.VAT_DUE: 160}
    more = {"amount_cents": 501, "event": books.sweep_of(T.FEES_SWEPT, 501), "actor_id": None}
    with pytest.raises(IntegrityError, match="account_never_negative"), transaction.atomic():
        books.raw(debit=fees, credit=books.safe, kind=T.FEES_SWEPT, **more)
    books.move(T.FEES_SWEPT, fees, books.safe, 500, event=books.sweep_of(T.FEES_SWEPT, 500))
