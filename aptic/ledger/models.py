"""Purses, accounts and transfers: one row is one debit and one credit of a positive number of cents.

Append-only by trigger and grant; idempotent by the business event; reversed at most once. Balances are sums of
rows: what is stored beside them (closings, guarded balances) is either a cache or a bound.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from aptic.ledger.kinds import GUARDED, AccountKind, TransferKind
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from aptic.xid import XidField

_GUARDED = sorted(kind.value for kind in GUARDED)


class ByTenant(models.QuerySet):
    """Rows of the acting organisation, or all of them for the operator; the first wall, before the policies."""

    reader_columns: tuple[str, ...] = ("funder_id",)

    def visible_to(self, principal: Principal) -> Self:
        """An explicit tenant predicate, so that PostgreSQL uses an index and not the policy."""
        if principal.is_operator:
            return self
        if principal.organisation_id is None:
            return self.none()
        mine = Q()
        for column in self.reader_columns:
            mine |= Q(**{column: principal.organisation_id})
        return self.filter(mine)


class ByFunderOrActor(ByTenant):
    """Rows that the funder whose money it is and the actor it is owed to may read."""

    reader_columns = ("funder_id", "actor_id")


class Purse(models.Model):
    """The ring-fenced money of one funder, or the operator's guarantee (no funder).

    `available_cents` = safeguarded − in transfer − fees due − VAT due, moved by the transfer trigger and never
    negative: no purse pays for another.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    funder = models.OneToOneField(Organisation, on_delete=models.RESTRICT, null=True, related_name="purse")
    available_cents = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ByTenant.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(available_cents__gte=0),
                name="purse_pays_for_itself",
                violation_error_message="Ce cantonnement n’a pas reçu assez d’argent pour ce versement.",
            ),
            models.UniqueConstraint(
                fields=["funder"], condition=Q(funder__isnull=True), name="one_guarantee", nulls_distinct=False
            ),
            Tenant(name="purse_rls", readers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Cantonnement {self.funder}" if self.funder_id else "Garantie de l’opérateur"


class Account(models.Model):
    """One account of a purse: a kind and what it is about (`about`: a line, batch, actor, payout or case).

    `guarded_cents` mirrors the balance of the kinds that must never be negative (free money of a line, fees due), so
    that a CHECK can refuse; it is null for hot accounts, whose balance is summed.
    """

    id = models.BigAutoField(primary_key=True)
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="accounts")
    kind = models.CharField(max_length=16, choices=AccountKind.choices)
    about = models.UUIDField(null=True)
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    guarded_cents = models.BigIntegerField(null=True)

    objects = ByFunderOrActor.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["purse", "kind", "about"], name="one_account", nulls_distinct=False),
            models.UniqueConstraint(fields=["purse", "id"], name="account_in_purse"),
            models.CheckConstraint(
                condition=Q(guarded_cents__isnull=True) | Q(guarded_cents__gte=0),
                name="account_never_negative",
                violation_error_message="La somme disponible ne suffit pas.",
            ),
            models.CheckConstraint(
                condition=Q(guarded_cents__isnull=False, kind__in=_GUARDED)
                | Q(guarded_cents__isnull=True) & ~Q(kind__in=_GUARDED),
                name="account_guarded_by_kind",
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            Tenant(
                name="account_rls",
                readers=("funder_id", "actor_id"),
                writers=("funder_id",),
                read_if="kind = 'circulation' AND cardinality({booklets}) > 0",
                insert_if="kind = 'payable' AND actor_id = {organisation}",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}[{self.about or self.purse_id}]"


class Transfer(models.Model):
    """A positive number of cents from one account's debit to another's credit, within one purse."""

    id = models.BigAutoField(primary_key=True)
    # Its real foreign key is (purse, funder): whose money it is cannot be said otherwise than the purse says.
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, db_index=False, db_constraint=False)
    # Their real foreign keys are (purse, debit) and (purse, credit), written by hand in the migration.
    debit = models.ForeignKey(Account, models.RESTRICT, related_name="debits", db_constraint=False, db_index=False)
    credit = models.ForeignKey(Account, models.RESTRICT, related_name="credits", db_constraint=False, db_index=False)
    amount_cents = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=TransferKind.choices)
    event = models.UUIDField()
    reverses = models.ForeignKey("self", models.RESTRICT, null=True, related_name="reversals", db_index=False)
    funder = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    actor = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    accounted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    xid = XidField()

    objects = ByFunderOrActor.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["debit", "xid"], name="transfer_debit"),
            models.Index(fields=["credit", "xid"], name="transfer_credit"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="transfer_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_accounts"),
            models.CheckConstraint(condition=Q(kind__in=TransferKind.values), name="transfer_kind_known"),
            models.UniqueConstraint(fields=["event", "kind", "purse"], name="transfer_once_per_event"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_reversed_once"
            ),
            Tenant(
                name="transfer_rls",
                readers=("funder_id", "actor_id"),
                insert_if="kind = 'replace' AND funder_id = {organisation}"
                " OR kind IN ('redeem', 'void') AND actor_id = {organisation}",
                system_if="kind = 'expire'",
                append_only=True,
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_cents}"


class Closing(models.Model):
    """A balance at a transaction horizon: the sum of an account's rows whose `xid` is below it. A cache."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="closing")
    horizon = models.BigIntegerField()
    balance_cents = models.BigIntegerField()
    closed_at = models.DateTimeField(auto_now=True)
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")

    objects = ByFunderOrActor.as_manager()

    class Meta:
        constraints = (Tenant(name="closing_rls", readers=("funder_id", "actor_id")),)


class BankBalance(models.Model):
    """What the bank says a purse holds at an instant: entered by one person, confirmed by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="bank_balances")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    as_of = models.DateTimeField("à la date du")
    balance_cents = models.BigIntegerField("solde")
    reference = models.CharField("référence du relevé", max_length=60)
    entered_by = models.UUIDField()
    entered_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = ByTenant.as_manager()

    class Meta:
        ordering = ("-as_of", "id")
        constraints = (
            models.UniqueConstraint(fields=["purse", "as_of"], name="one_bank_balance"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("entered_by")),
                name="bank_balance_two_people",
                violation_error_message="Une autre personne doit confirmer ce relevé.",
            ),
            Tenant(name="bank_balance_rls", readers=("funder_id",)),
        )


class GuaranteeFunding(models.Model):
    """Money put into the operator's guarantee: read on the bank's paper by one person, confirmed by another.

    It counts, and may be paid out, from its confirmation on; its id is the transfer's business event.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    amount_cents = models.BigIntegerField("montant")
    bank_reference = models.CharField("référence du virement", max_length=60, unique=True)
    received_on = models.DateField("reçu le")
    entered_by = models.UUIDField()
    entered_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "versement à la garantie"
        ordering = ("-entered_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="guarantee_funding_positive"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("entered_by")),
                name="guarantee_funding_two_people",
                violation_error_message="Une autre personne doit confirmer ce versement.",
            ),
            Tenant(name="guarantee_funding_rls"),
        )

    def __str__(self) -> str:
        return self.bank_reference


class Proof(models.Model):
    """One run of the proof: did every account agree with an independent count? Shown to everybody."""

    id = models.BigAutoField(primary_key=True)
    proved_at = models.DateTimeField(db_default=Now())
    horizon = models.BigIntegerField()
    accounts = models.PositiveIntegerField()
    differences = models.PositiveIntegerField()

    class Meta:
        ordering = ("-id",)
        constraints = (Tenant(name="proof_rls", read_if="true"),)


class ProofLine(models.Model):
    """One account of a proof: what the ledger says and what the things counted say."""

    id = models.BigAutoField(primary_key=True)
    proof = models.ForeignKey(Proof, on_delete=models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.RESTRICT, null=True)
    label = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT)
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    ledger_cents = models.BigIntegerField()
    counted_cents = models.BigIntegerField()

    objects = ByTenant.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (Tenant(name="proof_line_rls", readers=("funder_id",)),)

    @property
    def difference_cents(self) -> int:
        """What the ledger says beyond the count."""
        return self.ledger_cents - self.counted_cents
