"""Where an actor is paid: one person proposes, somebody of the operator who is not that person approves.

The operator approves changes too, not the actor: whoever takes over one of an actor's accounts could invite the second.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from actors.errors import CoolingOff, InvalidHolder, NotInState, OnePersonOnly
from actors.models import Actor, BankAccount
from actors.permissions import HANDLES_BANK, check_role
from actors.settlement.people import cashier
from aptic import french
from aptic.accounts.letters import write_to_managers
from aptic.audit.services import record
from aptic.documents.crypto import encrypt_text
from aptic.errors import NotAllowed
from aptic.iban import check_bic, check_iban
from aptic.locks import Lock, wait_lock
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current

HOLDER_MAX = 70  # characters: what a SEPA file carries


@transaction.atomic
def propose_bank_account(
    *, actor: Organisation, holder: str, iban: str, bic: str = "", at: datetime | None = None
) -> BankAccount:
    """Write an account down, encrypted, until another person approves it; an earlier proposal is withdrawn.

    A change waits: the actor's managers are told at once, and it cannot be approved before `BANK_CHANGE_HOURS`.

    Raises NotAllowed, InvalidHolder, InvalidIban and InvalidBic.
    """
    check_role(HANDLES_BANK, actor.pk)
    person_id = current().person_id
    if person_id is None:
        raise NotAllowed
    name = " ".join(holder.split())
    if not 1 <= len(name) <= HOLDER_MAX:
        raise InvalidHolder(field="holder")
    number, code, now = check_iban(iban), check_bic(bic), at or timezone.now()
    wait_lock(Lock.BANK_ACCOUNT, actor.pk)  # not its row, which the operator alone may hold
    pending(actor).update(replaced_at=now)
    former = in_force(actor).first()
    wait = now + timedelta(hours=settings.BANK_CHANGE_HOURS) if former else None
    account = BankAccount(
        actor=actor,
        holder=name,
        iban_sealed=encrypt_text(number, context=str(actor.pk).encode()).encode(),
        iban_last4=number[-4:],
        bic=code,
        proposed_by=person_id,
        proposed_at=now,
        not_before=wait,
    )
    account.save(force_insert=True)
    record(verb="bank_account_proposed", target=account, fields=("holder", "iban", "bic"), organisation_id=actor.pk)
    if former is not None:
        words = {"account": number[-4:], "former": former.iban_last4, "until": french.moment(wait)}
        write_to_managers(organisation=actor, template="bank_account_change", context=words)
    return account


@transaction.atomic
def approve_bank_account(*, account: BankAccount, at: datetime | None = None) -> None:
    """Pay the actor there from the next settlement on; the former account is replaced.

    The actor's row is held, so that a settlement under preparation takes either the former account or this one.
    Raises NotAllowed, OnePersonOnly, NotInState and CoolingOff.
    """
    person_id, now = cashier(), at or timezone.now()
    list(Actor.objects.select_for_update(of=("self",)).filter(pk=account.actor_id).values_list("pk"))
    proposal = pending(account.actor).filter(pk=account.pk)
    if proposal.filter(proposed_by=person_id).exists():
        raise OnePersonOnly
    if not proposal.exists():
        raise NotInState
    if proposal.filter(not_before__gt=now).exists():
        raise CoolingOff(f"Ce changement ne peut être approuvé qu’à partir du {french.moment(account.not_before)}.")
    in_force(account.actor).update(replaced_at=now)
    if not proposal.exclude(proposed_by=person_id).update(approved_by=person_id, approved_at=now):
        raise NotInState
    record(verb="bank_account_approved", target=account, fields=("approved_by",), organisation_id=account.actor_id)
    account.refresh_from_db()


@transaction.atomic
def withdraw_bank_account(*, account: BankAccount, at: datetime | None = None) -> None:
    """Give a proposal up before its approval, by the actor or the operator. Raises NotAllowed and NotInState."""
    check_role(HANDLES_BANK, account.actor_id)
    if not pending(account.actor).filter(pk=account.pk).update(replaced_at=at or timezone.now()):
        raise NotInState
    record(verb="bank_account_withdrawn", target=account, fields=("replaced_at",), organisation_id=account.actor_id)


def pending(actor: Organisation) -> QuerySet[BankAccount]:
    """The proposal that waits for a second person."""
    return BankAccount.objects.visible_to(current()).filter(actor=actor, approved_at=None, replaced_at=None)


def in_force(actor: Organisation) -> QuerySet[BankAccount]:
    """The account that is paid today."""
    return BankAccount.objects.visible_to(current()).filter(actor=actor, approved_at__isnull=False, replaced_at=None)
