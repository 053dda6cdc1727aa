"""The bank account of an application becomes a proposal of the actor; a second person of the operator approves it."""

from datetime import datetime

from actors.bank_accounts import in_force, pending, propose_bank_account
from actors.sepa import open_iban
from aptic.documents.crypto import decrypt_text
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from qualification.candidacy import account_context
from qualification.models import Application


def hand_over(row: Application, actor: Organisation, *, at: datetime) -> None:
    """Propose the account given with the file, in the name of whoever accepts: somebody else then approves it.

    One that is paid or proposed already stays as it is: nobody is told of a change, and its delay does not start again.
    """
    if row.iban_sealed is None or current().person_id is None:
        return  # gathered elsewhere, or accepted by a job: the actor gives it from its space
    number = decrypt_text(bytes(row.iban_sealed).decode(), context=account_context(row))
    if number in map(open_iban, [*in_force(actor), *pending(actor)]):
        return
    propose_bank_account(actor=actor, holder=row.account_holder, iban=number, bic=row.bic, at=at)
