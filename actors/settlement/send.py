"""Sending a run: the bank file first, outside any money transaction; then the fact that it left, in the ledger."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from actors.models import Payout, Settlement
from actors.sepa import bank_file
from actors.settlement.digest import content_digest
from actors.settlement.errors import AlreadyDone, AnotherPersonMustSend, BankFileMissing, CashGone, ContentChanged
from actors.settlement.people import ROLES, cashier
from actors.settlement.prepare import hold_every_purse, set_limits
from aptic.audit.services import record
from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.tenancy.models import Organisation

# Accounts are made for the whole run at once; the purse's fee accounts have no `about`.
ACCOUNTS = """
INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id, guarded_cents)
SELECT s.purse_id, 'in_transfer', s.payout_id, s.funder_id, s.actor_id, 0
  FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id WHERE p.settlement_id = %(settlement)s
UNION ALL
SELECT DISTINCT s.purse_id, k.kind, NULL::uuid, s.funder_id, NULL::uuid, 0
  FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id, unnest(ARRAY['fees_due', 'vat_due']) AS k(kind)
 WHERE p.settlement_id = %(settlement)s
ON CONFLICT DO NOTHING
"""

# One part for each account credited: each is found by its whole key, whatever the statistics say.
_PART = """
SELECT s.id, s.purse_id, d.id, c.id, s.{cents}, '{kind}', s.funder_id, s.actor_id, %(at)s::timestamptz
  FROM actors_payout p JOIN actors_payoutpurse s ON s.payout_id = p.id
       JOIN ledger_account d ON d.purse_id = s.purse_id AND d.kind = 'payable' AND d.about = s.actor_id
       JOIN ledger_account c ON c.purse_id = s.purse_id AND c.kind = '{credit}' AND {about}
 WHERE p.settlement_id = %(settlement)s AND s.{cents} > 0
"""
TRANSFERS = f"""
INSERT INTO ledger_transfer
       (event, purse_id, debit_id, credit_id, amount_cents, kind, funder_id, actor_id, accounted_at)
{_PART.format(cents="net_cents", kind="payout_sent", credit="in_transfer", about="c.about = s.payout_id")}
UNION ALL
{_PART.format(cents="fee_cents", kind="fee", credit="fees_due", about="c.about IS NULL")}
UNION ALL
{_PART.format(cents="fee_vat_cents", kind="fee_vat", credit="vat_due", about="c.about IS NULL")}
"""


@transaction.atomic
def write_bank_file(*, settlement: Settlement, at: datetime | None = None) -> Document:
    """The order for the bank, made once per run and kept encrypted; a repeat returns the first.

    Whoever approved a run of the calendar neither makes its order nor opens it: it is what the bank pays on.
    Raises NotAllowed, AlreadyDone (not approved), AnotherPersonMustSend, ContentChanged and DebtorMissing.
    """
    person_id = cashier()
    set_limits()
    # Held, so that of two at once the second finds the file of the first.
    Settlement.objects.select_for_update(of=("self",)).get(pk=settlement.pk)
    settlement.refresh_from_db()
    if settlement.bank_file is not None:
        return settlement.bank_file
    if settlement.state != Settlement.State.APPROVED:
        raise AlreadyDone("Le fichier se prépare quand le règlement est approuvé.")
    withheld_from = settlement.approved_by if settlement.prepared_by is None else None
    if withheld_from == person_id:
        raise AnotherPersonMustSend
    if content_digest(settlement) != settlement.digest:
        raise ContentChanged
    document = documents.store(
        kind="bank_file",
        title=f"Ordre de virement {settlement.number}",
        filename=f"{settlement.number}.xml",
        media_type="application/xml",
        content=bank_file(settlement, made_at=at or timezone.now()),
        owner_id=_operator_id(),
        roles=ROLES,
        withheld_from=withheld_from,
        encrypted=True,
    )
    settlement.bank_file, settlement.filed_by = document, person_id
    settlement.save(update_fields=["bank_file", "filed_by"])
    return document


@transaction.atomic
def mark_sent(*, settlement: Settlement, at: datetime | None = None) -> None:
    """The bank has the order: post what leaves to each actor, and the fees. Once; a rival gets AlreadyDone.

    A run that nobody prepared is sent by another person than who approved it: nobody releases money alone.
    Raises NotAllowed, AlreadyDone, BankFileMissing, AnotherPersonMustSend, ContentChanged, and CashGone when a purse
    cannot pay any more.
    """
    person_id = cashier()
    now = hold_every_purse(at)
    approved = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.APPROVED)
    ready = approved.filter(bank_file__isnull=False)
    others = ready.exclude(prepared_by__isnull=True, approved_by=person_id)
    if not others.update(state=Settlement.State.SENT, sent_by=person_id, sent_at=now):
        if ready.exists():
            raise AnotherPersonMustSend
        raise BankFileMissing if approved.exists() else AlreadyDone
    settlement.refresh_from_db()
    if content_digest(settlement) != settlement.digest:
        raise ContentChanged
    _post(settlement, now)
    Payout.objects.filter(settlement=settlement).update(state=Payout.State.SENT, sent_at=now)
    record(verb="settlement_sent", target=settlement, fields=("state", "sent_by"))


def _post(settlement: Settlement, at: datetime) -> None:
    values: dict[str, Any] = {"settlement": settlement.pk, "at": at}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ACCOUNTS, values)
            cursor.execute(TRANSFERS, values)
    except IntegrityError as error:
        if "purse_pays_for_itself" in str(error):
            raise CashGone from error
        raise


def _operator_id() -> uuid.UUID:
    return Organisation.objects.get(is_operator=True).pk
