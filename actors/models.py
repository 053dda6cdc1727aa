"""Actors, their sites, and what pays them: settlement runs, payouts and the lines each payout claims."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from actors.calendar_models import SettlementCalendar  # noqa: F401  its table
from actors.directory_models import KnownPlace, PlaceImport, PlaceImportFault, SiteChange  # noqa: F401  their tables
from actors.fee_models import FeeSweep  # noqa: F401  its table
from actors.income_models import IncomeDeclaration  # noqa: F401  its table
from actors.site_description import SiteDescription, on_earth
from aptic.accounts.models import Membership, Role
from aptic.documents.models import Document
from aptic.ledger.models import ByTenant, Purse, Transfer
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from aptic.text import search_key


class ByActor(ByTenant):
    """Rows of the acting actor, or all of them for the operator."""

    reader_columns = ("actor_id",)


class Actor(models.Model):
    """A qualified provider: the organisation that is paid. Suspension acts at once (see `passes/redemption.py`)."""

    class State(models.TextChoices):
        QUALIFIED = "qualified", "Qualifié"
        SUSPENDED = "suspended", "Suspendu"
        REMOVED = "removed", "Sorti du réseau"

    organisation = models.OneToOneField(Organisation, on_delete=models.RESTRICT, primary_key=True, related_name="actor")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUALIFIED)
    qualified_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)
    suspension_reason = models.CharField(max_length=300, blank=True)
    qualified_until = models.DateTimeField("qualifié jusqu’au", null=True)
    renewal_reminded = models.PositiveSmallIntegerField(null=True)  # days before the end of the last letter about it
    removed_at = models.DateTimeField(null=True)
    removal_reason = models.CharField(max_length=600, blank=True, db_default="")
    charges_vat = models.BooleanField("assujetti à la TVA", default=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "acteur"
        ordering = ("organisation_id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="suspended", suspended_at__isnull=False)
                | (~Q(state="suspended") & Q(suspended_at__isnull=True)),
                name="actor_suspended_iff_dated",
            ),
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False) & ~Q(removal_reason="")
                | ~Q(state="removed") & Q(removed_at__isnull=True, removal_reason=""),
                name="actor_removed_for_a_reason",
                violation_error_message="La sortie du réseau doit être motivée.",
            ),
            # Who is qualified is public: the directory and every counter read it.
            Tenant(name="actor_rls", read_if="true"),
        )

    def __str__(self) -> str:
        return str(self.organisation)


class BankAccount(models.Model):
    """Where an actor is paid. The IBAN is encrypted, shown by its last four; a second person approves a change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="bank_accounts")
    holder = models.CharField("titulaire", max_length=70)
    iban_sealed = models.BinaryField()
    iban_last4 = models.CharField(max_length=4)
    bic = models.CharField(max_length=11)
    proposed_by = models.UUIDField()
    proposed_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)  # a change waits: its actor is told, and has time to say no
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects = ByActor.as_manager()

    class Meta:
        ordering = ("-proposed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["actor"],
                condition=Q(approved_at__isnull=False, replaced_at__isnull=True),
                name="one_bank_account_in_force",
            ),
            models.UniqueConstraint(
                fields=["actor"],
                condition=Q(approved_at__isnull=True, replaced_at__isnull=True),
                name="one_bank_account_waiting",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by")),
                name="bank_account_two_people",
                violation_error_message="Une autre personne doit approuver ces coordonnées bancaires.",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True)
                | Q(not_before__isnull=True)
                | Q(approved_at__gte=F("not_before")),
                name="bank_account_cooled_off",
                violation_error_message="Ce changement de compte attend encore la fin de son délai.",
            ),
            Tenant(name="bank_account_rls", readers=("actor_id",), writers=("actor_id",)),
        )


class SiteQuerySet(models.QuerySet["Site"]):
    """Words for choosing sites."""

    def visible_to(self, principal: Principal) -> Self:
        """The acting actor's own, or all for the operator."""
        if principal.is_operator:
            return self
        return self.filter(actor_id=principal.organisation_id)

    def open_to_public(self) -> Self:
        """Sites where a citizen may go today."""
        qualified = Actor.objects.filter(state=Actor.State.QUALIFIED)
        return self.filter(open=True, actor_id__in=qualified.values("organisation_id"))

    def search(self, text: str) -> Self:
        """By the start of the name, whatever the accents."""
        return self.filter(search_key__startswith=search_key(text))

    def worked_by(self, membership: Membership) -> Self:
        """Where a member may stand: a scanner at the sites it is assigned to, everybody else at all of them."""
        own = self.filter(actor_id=membership.organisation_id)
        return own.filter(staff__membership=membership) if membership.role == Role.SCANNER else own


class Site(SiteDescription):
    """One counter of an actor (point de présence).

    `territories` says where it helps: the keys of its commune, from commune to country, then those of its round, which
    PostgreSQL keeps (qualification/sql/helps.sql).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="sites")
    search_key = models.CharField(max_length=120, editable=False, db_index=True)
    territories = ArrayField(models.CharField(max_length=24), default=list, editable=False)
    open = models.BooleanField("ouvert", default=True)
    closed_reason = models.CharField("motif de la fermeture", max_length=300, blank=True)
    closed_by_operator = models.BooleanField(default=False)  # then only the operator opens it again
    quick_mode = models.BooleanField("encaissement rapide", default=False)  # a scan redeems without asking again
    closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SiteQuerySet.as_manager()

    class Meta(SiteDescription.Meta):
        verbose_name = "lieu"
        ordering = ("search_key", "id")
        constraints = (
            models.UniqueConstraint(fields=["id", "actor"], name="site_of_actor"),
            on_earth("site_on_earth"),
            models.CheckConstraint(
                condition=Q(open=True, closed_reason="", closed_by_operator=False)
                | Q(open=False) & ~Q(closed_reason=""),
                name="site_closed_for_a_reason",
                violation_error_message="La fermeture d’un lieu doit être motivée.",
            ),
            models.CheckConstraint(
                condition=Q(open=True, closed_at__isnull=True) | Q(open=False, closed_at__isnull=False),
                name="site_closed_iff_dated",
            ),
            # Sites are the public directory; only the operator and its actor write one.
            Tenant(name="site_rls", read_if="true", writers=("actor_id",)),
        )

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search key true, and read where it helps once PostgreSQL has written it."""
        self.search_key = search_key(self.name)
        if self.latitude is None:
            self.latitude, self.longitude = self.commune.latitude, self.commune.longitude
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        self.refresh_from_db(fields=["territories"])


class SiteStaff(models.Model):
    """A member assigned to a site: whoever is « guichet seulement » redeems at these sites and at no other.

    Its real foreign keys are (site, actor) and (membership, actor), written by hand in the migration.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="sites")
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="staff")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")

    objects = ByActor.as_manager()

    class Meta:
        verbose_name = "affectation"
        ordering = ("membership__user__full_name", "id")
        constraints = (
            models.UniqueConstraint(fields=["membership", "site"], name="one_assignment_per_site"),
            Tenant(name="site_staff_rls", readers=("actor_id",), writers=("actor_id",)),
        )


class Settlement(models.Model):
    """A run that pays what actors were owed at `cutoff`. One live run per cutoff: rerun is resume."""

    class State(models.TextChoices):
        PREPARING = "preparing", "En préparation"
        PREPARED = "prepared", "À approuver"
        APPROVED = "approved", "Approuvé"
        SENT = "sent", "Envoyé à la banque"
        CLOSED = "closed", "Exécuté"
        CANCELLED = "cancelled", "Abandonné"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    cutoff = models.DateTimeField("arrêté au")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    prepared_by = models.UUIDField(null=True)  # null: beat prepared it
    prepared_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    filed_by = models.UUIDField(null=True)  # who made the bank's order
    sent_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    fee_basis_points = models.PositiveIntegerField(default=0)  # the rates in force at preparation, frozen
    vat_basis_points = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of lines and payees, hex
    bank_file = models.ForeignKey(Document, on_delete=models.RESTRICT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "règlement"
        ordering = ("-cutoff", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["cutoff"], condition=~Q(state="cancelled"), name="one_live_settlement_per_cutoff"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(prepared_by__isnull=True) | ~Q(approved_by=F("prepared_by")),
                name="settlement_two_people",
                violation_error_message="Une autre personne doit approuver ce règlement.",
            ),
            # Nobody prepared it: the second person is who sends. What one person had sent before this rule may close.
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=False)
                | Q(sent_by__isnull=True)
                | ~Q(sent_by=F("approved_by"))
                | Q(state="closed"),
                name="settlement_of_calendar_two_people",
                violation_error_message="Une autre personne doit envoyer ce règlement.",
            ),
            # The order alone already releases the money, to whoever deposits it: same rule, same exception.
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=False)
                | Q(bank_file__isnull=True)
                | Q(filed_by__isnull=False) & ~Q(filed_by=F("approved_by"))
                | Q(state="closed"),
                name="settlement_of_calendar_filed_by_another",
                violation_error_message="Une autre personne doit préparer l’ordre de virement de ce règlement.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["preparing", "prepared", "cancelled"])
                | Q(approved_at__isnull=False, digest__regex=r"^[0-9a-f]{64}$"),
                name="settlement_approved_before_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "closed"]) | Q(bank_file__isnull=False, sent_at__isnull=False),
                name="settlement_sent_with_file",
            ),
            Tenant(name="settlement_rls"),
        )

    def __str__(self) -> str:
        return f"Règlement {self.number}"


class Payout(models.Model):
    """What one actor gets in one run: a bank transfer. The account is frozen at preparation."""

    class State(models.TextChoices):
        PREPARED = "prepared", "Préparé"
        SENT = "sent", "Envoyé"
        SETTLED = "settled", "Versé"
        REJECTED = "rejected", "Rejeté par la banque"
        RETURNED = "returned", "Retourné par la banque"
        RELEASED = "released", "Abandonné"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, on_delete=models.RESTRICT, related_name="payouts")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="payouts")
    bank_account = models.ForeignKey(BankAccount, on_delete=models.RESTRICT, related_name="+")
    cutoff = models.DateTimeField()  # of its run, which the actor may not read
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    gross_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField(default=0)
    fee_vat_cents = models.BigIntegerField(default=0)
    net_cents = models.BigIntegerField()
    lines_count = models.PositiveIntegerField(default=0)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    bank_reference = models.CharField(max_length=60, blank=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    rejection_reason = models.CharField(max_length=200, blank=True)

    objects = ByActor.as_manager()

    class Meta:
        verbose_name = "contre-paiement"
        ordering = ("-cutoff", "id")
        constraints = (
            models.UniqueConstraint(fields=["settlement", "actor"], name="one_payout_per_actor"),
            models.CheckConstraint(
                condition=Q(net_cents=F("gross_cents") - F("fee_cents") - F("fee_vat_cents")), name="payout_net"
            ),
            models.CheckConstraint(condition=Q(net_cents__gt=0), name="payout_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["prepared", "released"], sent_at__isnull=True)
                | (~Q(state__in=["prepared", "released"]) & Q(sent_at__isnull=False)),
                name="payout_sent_iff_dated",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["prepared", "released", "sent"], settled_at__isnull=True, rejected_at__isnull=True
                )
                | Q(state="settled", settled_at__isnull=False, rejected_at__isnull=True)
                | Q(state="rejected", settled_at__isnull=True, rejected_at__isnull=False) & ~Q(rejection_reason="")
                | Q(state="returned", settled_at__isnull=False, rejected_at__isnull=False) & ~Q(rejection_reason=""),
                name="payout_answer_dated",
            ),
            Tenant(name="payout_rls", readers=("actor_id",)),
        )

    def __str__(self) -> str:
        return self.end_to_end_id

    @property
    def fees_cents(self) -> int:
        """Fee and its VAT."""
        return self.fee_cents + self.fee_vat_cents


class PayoutPurse(models.Model):
    """The share of a payout that one purse pays; the event of its ledger transfers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payout = models.ForeignKey(Payout, on_delete=models.RESTRICT, related_name="purses")
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="+")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    gross_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField(default=0)
    fee_vat_cents = models.BigIntegerField(default=0)
    net_cents = models.BigIntegerField()

    objects = ByActor.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["payout", "purse"], name="one_share_per_purse"),
            models.CheckConstraint(
                condition=Q(net_cents=F("gross_cents") - F("fee_cents") - F("fee_vat_cents")), name="share_net"
            ),
            models.CheckConstraint(condition=Q(net_cents__gt=0), name="share_positive"),
            Tenant(name="payout_purse_rls", readers=("actor_id", "funder_id")),
        )


class Claim(models.Model):
    """A signed line of what an actor is owed, claimed by one payout: the transfer's key is the claim's key.

    A trigger proves each statement's claims against transfers, accounts and shares, in one set-based comparison: it
    says more than two foreign keys (amount, sign, actor, purse, the share's total) for a tenth of their price.
    """

    transfer = models.OneToOneField(
        Transfer, models.RESTRICT, primary_key=True, related_name="claim", db_constraint=False
    )
    share = models.ForeignKey(PayoutPurse, models.RESTRICT, related_name="claims", db_constraint=False)
    actor = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    funder = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    signed_cents = models.BigIntegerField()

    objects = ByActor.as_manager()

    class Meta:
        constraints = (Tenant(name="claim_rls", readers=("actor_id", "funder_id")),)


class Waiting(models.Model):
    """What a run left unpaid to an actor in one purse, and why: the actor reads its debtor and the date expected."""

    class Reason(models.TextChoices):
        BANK_ACCOUNT = "bank_account", "En attente de coordonnées bancaires"
        FUNDS = "funds", "En attente des fonds du commanditaire"
        CARRIED = "carried", "Reporté au prochain règlement"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, on_delete=models.RESTRICT, related_name="waiting")
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="+")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    cutoff = models.DateTimeField()  # of its run, which the actor may not read
    reason = models.CharField(max_length=12, choices=Reason.choices)
    amount_cents = models.BigIntegerField()  # signed: a negative amount is what the actor owes back
    lines_count = models.PositiveIntegerField()
    expected_on = models.DateField(null=True)

    objects = ByActor.as_manager()

    class Meta:
        verbose_name = "reste à payer"
        ordering = ("-cutoff", "actor_id", "purse_id")
        constraints = (
            models.UniqueConstraint(fields=["settlement", "actor", "purse"], name="one_waiting_per_purse"),
            Tenant(name="waiting_rls", readers=("actor_id", "funder_id")),
        )

    @property
    def is_late(self) -> bool:
        """True once the announced day has passed."""
        return self.expected_on is not None and self.expected_on < timezone.localdate()
