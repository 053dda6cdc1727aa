"""Purses with money and actors with passes redeemed, posted straight into the ledger: what settlement starts from."""

import uuid
from dataclasses import dataclass, field

from django.utils import timezone

from actors.models import Actor, BankAccount
from actors.settlement.approve import approve_settlement
from actors.settlement.prepare import prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.accounts.models import Role, User
from aptic.documents.crypto import encrypt_text
from aptic.ledger.balances import balance
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Account
from aptic.ledger.services import account, open_purse, post
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting

OPERATOR = Principal(hat=Hat.OPERATOR)
IBAN = "FR7630006000011234567890189"


def person(name="Camille"):
    """A finance person of the operator, as a principal."""
    with acting(OPERATOR):
        operator, _ = Organisation.objects.get_or_create(is_operator=True, defaults={"name": "Opérateur"})
        user = User.objects.create_user(email=f"{uuid.uuid4().hex}@essai.example", full_name=name)
    return Principal(hat=Hat.OPERATOR, organisation_id=operator.pk, person_id=user.pk, role=Role.FINANCE)


@dataclass
class Scheme:
    """Three people, and makers of funders, actors and redemptions."""

    first: Principal = field(default_factory=person)
    second: Principal = field(default_factory=person)

    def funder(self, cash=0, value=10_000_000):
        """A funder whose purse holds `cash` and has passes in circulation."""
        with acting(OPERATOR):
            organisation = Organisation.objects.create(name=f"Commanditaire {uuid.uuid4().hex[:6]}", is_funder=True)
            purse = open_purse(funder=organisation)
            line = uuid.uuid4()
            credit = account(purse=purse, kind=K.CREDIT, about=line)
            receivable = account(purse=purse, kind=K.RECEIVABLE, about=line)
            post(kind=T.FUNDS_PROMISED, debit=receivable, credit=credit, amount_cents=value, event=uuid.uuid4())
            if cash:
                safe = account(purse=purse, kind=K.SAFEGUARDED)
                post(kind=T.FUNDS_COLLECTED, debit=safe, credit=receivable, amount_cents=cash, event=uuid.uuid4())
            circulation = account(purse=purse, kind=K.CIRCULATION, about=uuid.uuid4())
            post(kind=T.ISSUE, debit=credit, credit=circulation, amount_cents=value, event=uuid.uuid4())
        return purse

    def collect(self, purse, cents):
        """Money promised arrives."""
        with acting(OPERATOR):
            safe = account(purse=purse, kind=K.SAFEGUARDED)
            receivable = Account.objects.filter(purse=purse, kind=K.RECEIVABLE).order_by("id").first()
            post(kind=T.FUNDS_COLLECTED, debit=safe, credit=receivable, amount_cents=cents, event=uuid.uuid4())

    def actor(self, *, bank=True):
        """A qualified actor, with an approved bank account unless said otherwise."""
        with acting(OPERATOR):
            organisation = Organisation.objects.create(name=f"Acteur {uuid.uuid4().hex[:6]}", is_actor=True)
            Actor.objects.create(organisation=organisation, qualified_at=timezone.now())
            if bank:
                self.give_bank(organisation)
        return organisation

    def give_bank(self, organisation):
        """An account proposed by one person and approved by another."""
        now = timezone.now()
        sealed = encrypt_text(IBAN, context=str(organisation.pk).encode()).encode()
        BankAccount.objects.create(
            actor=organisation, holder=organisation.name, iban_sealed=sealed, iban_last4=IBAN[-4:], bic="AGRIFRPP",
            proposed_by=self.first.person_id, proposed_at=now, approved_by=self.second.person_id, approved_at=now,
        )  # fmt: skip

    def redeem(self, purse, actor, *, times=1, cents=1000):
        """Passes of a purse redeemed by an actor; returns the transfers."""
        with acting(OPERATOR):
            circulation = Account.objects.get(purse=purse, kind=K.CIRCULATION)
            payable = account(purse=purse, kind=K.PAYABLE, about=actor.pk, actor_id=actor.pk)
            return [
                post(kind=T.REDEEM, debit=circulation, credit=payable, amount_cents=cents, event=uuid.uuid4())
                for _ in range(times)
            ]

    def void(self, transfer):
        """A redemption taken back."""
        with acting(OPERATOR):
            return post(kind=T.VOID, debit=transfer.credit, credit=transfer.debit, amount_cents=transfer.amount_cents,
                        event=transfer.event, reverses=transfer)  # fmt: skip

    def prepare(self, cutoff=None):
        """A run prepared by the first person."""
        with acting(self.first):
            return prepare_settlement(cutoff=cutoff or timezone.now())

    def approve(self, run):
        """Approved by the second."""
        with acting(self.second):
            approve_settlement(settlement=run, digest=run.digest)
        return run

    def send(self, run):
        """Approved, filed and sent."""
        self.approve(run)
        with acting(self.second):
            write_bank_file(settlement=run)
        with acting(self.second):
            mark_sent(settlement=run)
        return run


def cents(purse, kind, about=None):
    """The balance of one account of a purse, 0 when it does not exist."""
    with acting(OPERATOR):
        found = Account.objects.filter(purse=purse, kind=kind, about=about).first()
        return balance(found) if found else 0
