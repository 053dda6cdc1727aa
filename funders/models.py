"""What a funder decides and buys: campaigns, their funding lines, orders, and the money promised or received."""

import datetime as dt
import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aptic.ledger.models import Account, ByTenant
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant


class CampaignQuerySet(ByTenant):
    """Words for choosing campaigns."""

    def running(self, day: dt.date) -> Self:
        """Those open whose last day, inclusive, is not before `day`."""
        return self.filter(state=Campaign.State.OPEN, ends_on__gte=day)


class Campaign(models.Model):
    """A funder's programme: who may redeem what, where and until when. The last day is inclusive, in `time_zone`.

    `services` and `territories` restrict; empty means all. Territories are keys such as "departement:33".
    """

    class State(models.TextChoices):
        DRAFT = "draft", "En préparation"
        OPEN = "open", "Ouverte"
        CLOSED = "closed", "Close"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="campaigns")
    name = models.CharField("nom de l’opération", max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    starts_on = models.DateField("premier jour")
    ends_on = models.DateField("dernier jour")
    claim_days = models.PositiveSmallIntegerField("jours de grâce pour l’encaissement", default=31)
    time_zone = models.CharField(max_length=40, default="Europe/Paris")
    face_value_cents = models.PositiveIntegerField("valeur d’un pass")
    passes_per_booklet = models.PositiveSmallIntegerField("pass par carnet", default=10)
    services = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    territories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    restricts_sites = models.BooleanField("seulement certains lieux", default=False)
    needs_hand_out = models.BooleanField("seulement après remise à une personne", default=True)
    passes_per_day = models.PositiveSmallIntegerField("pass d’un même carnet par jour", null=True, blank=True)
    contact_phone = models.CharField("téléphone pour les habitants", max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "opération"
        ordering = ("-starts_on", "name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="campaign_dates",
                violation_error_message="Le dernier jour vient après le premier.",
            ),
            models.CheckConstraint(
                condition=Q(face_value_cents__gte=100, face_value_cents__lte=100_000),
                name="campaign_face_value",
                violation_error_message="La valeur d’un pass va de 1 € à 1 000 €.",
            ),
            models.CheckConstraint(
                condition=Q(passes_per_booklet__in=[5, 10]),
                name="campaign_booklet_size",
                violation_error_message="Un carnet compte 5 ou 10 pass.",
            ),
            models.CheckConstraint(
                condition=Q(passes_per_day__isnull=True) | Q(passes_per_day__gte=1), name="campaign_daily_limit"
            ),
            models.CheckConstraint(condition=Q(state__in=["draft", "open", "closed"]), name="campaign_state_known"),
            models.UniqueConstraint(fields=["id", "funder"], name="campaign_of_funder"),
            # Whoever has presented a genuine pass may read the terms of operations.
            Tenant(
                name="campaign_rls",
                readers=("funder_id",),
                writers=("funder_id",),
                read_if="cardinality({booklets}) > 0",
            ),
        )

    def __str__(self) -> str:
        return self.name


class FundingLine(models.Model):
    """One source of a campaign's money, with its own credit account: issued never exceeds funded, line by line."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="lines")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    source = models.CharField("financeur", max_length=120)
    account = models.OneToOneField(Account, on_delete=models.RESTRICT, related_name="funding_line")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "ligne de financement"
        ordering = ("created_at", "id")
        constraints = (
            # What the orders' composite foreign key points at: a line belongs to its campaign and to its funder.
            models.UniqueConstraint(fields=["id", "campaign", "funder"], name="line_of_campaign"),
            models.UniqueConstraint(fields=["id", "funder"], name="line_of_funder"),  # the same for its refunds
            Tenant(name="funding_line_rls", readers=("funder_id",), writers=("funder_id",)),
        )

    def __str__(self) -> str:
        return self.source


class OrderNumber(models.Model):
    """The last order number of a year, moved by `funders_next_order_number()` alone: no number is skipped.

    The row stays locked until the order commits, so a refused order gives its number back.
    """

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        constraints = (Tenant(name="order_number_rls"),)

    def __str__(self) -> str:
        return f"{self.year}-{self.last:04d}"


class OrderQuerySet(ByTenant):
    """Words for choosing orders."""

    def with_terms(self) -> Self:
        """Fetch in the same query what a list says of each: campaign, funder, and its line's free money."""
        return self.select_related("campaign", "funder", "line__account")

    def waiting(self) -> Self:
        """Those neither issued nor cancelled."""
        return self.filter(state__in=[Order.State.PLACED, Order.State.FUNDED])


class Order(models.Model):
    """So many booklets for a campaign, on one funding line; values are frozen when it is placed.

    `funded` means that its money has left the line's free money for circulation: from then on it is not cancelled.
    """

    class State(models.TextChoices):
        PLACED = "placed", "Commandée"
        FUNDED = "funded", "En cours d’émission"
        ISSUED = "issued", "Émise"
        CANCELLED = "cancelled", "Annulée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("numéro", max_length=20, unique=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="orders")
    line = models.ForeignKey(FundingLine, on_delete=models.RESTRICT, related_name="orders")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="orders")
    booklets = models.PositiveIntegerField("nombre de carnets")
    passes_per_booklet = models.PositiveSmallIntegerField()
    face_value_cents = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLACED)
    placed_at = models.DateTimeField()
    placed_by = models.UUIDField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = "commande"
        ordering = ("-placed_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(booklets__gte=1, booklets__lte=200_000),
                name="order_booklets",
                violation_error_message="Une commande va de 1 à 200 000 carnets.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["placed", "funded", "issued", "cancelled"]), name="order_state_known"
            ),
            Tenant(name="order_rls", readers=("funder_id",), writers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Commande {self.number}"

    @property
    def passes(self) -> int:
        """How many passes it makes."""
        return self.booklets * self.passes_per_booklet

    @property
    def amount_cents(self) -> int:
        """Their face value."""
        return self.passes * self.face_value_cents

    @property
    def missing_cents(self) -> int:
        """What its line still lacks before it can be issued. Derived: funds may come and go until then."""
        return max(0, self.amount_cents - (self.line.account.guarded_cents or 0))

    @property
    def can_issue(self) -> bool:
        """True while it waits and its line's free money covers it; issuing checks again, under the line's guard."""
        return self.state == self.State.PLACED and not self.missing_cents


class PaymentOrder(models.Model):
    """A public funder's promise to pay (mandat de paiement): `receivable` until collected or cancelled."""

    class State(models.TextChoices):
        OPEN = "open", "En attente"
        COLLECTED = "collected", "Encaissé"
        CANCELLED = "cancelled", "Annulé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(FundingLine, on_delete=models.RESTRICT, related_name="payment_orders")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    number = models.CharField("numéro de mandat", max_length=40)
    amount_cents = models.BigIntegerField("montant")
    expected_on = models.DateField("paiement attendu le", null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "mandat de paiement"
        ordering = ("-recorded_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="payment_order_positive"),
            models.UniqueConstraint(
                fields=["funder", "number"],
                name="payment_order_number",
                violation_error_message="Ce numéro de mandat est déjà enregistré pour ce commanditaire.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="payment_order_closed_iff_dated",
            ),
            Tenant(name="payment_order_rls", readers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Mandat {self.number}"


class Receipt(models.Model):
    """Money that reached the ring-fenced bank account for a funding line."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(FundingLine, on_delete=models.RESTRICT, related_name="receipts")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    payment_order = models.OneToOneField(PaymentOrder, on_delete=models.RESTRICT, null=True, related_name="receipt")
    amount_cents = models.BigIntegerField("montant")
    bank_reference = models.CharField("référence du virement", max_length=60)
    received_on = models.DateField("reçu le")
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "encaissement de fonds"
        ordering = ("-recorded_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="receipt_positive"),
            models.UniqueConstraint(
                fields=["funder", "bank_reference"],
                name="receipt_reference",
                violation_error_message="Ce virement est déjà enregistré pour ce commanditaire.",
            ),
            Tenant(name="receipt_rls", readers=("funder_id",), append_only=True),
        )

    def __str__(self) -> str:
        return f"Virement {self.bank_reference}"


class Refund(models.Model):
    """Money that a funder did not use, given back to its bank account: prepared by one person, confirmed by another.

    The other makes the transfer, then confirms with its reference: from then on it counts and never changes. Its id is
    the transfer's business event. The IBAN is encrypted, shown by its last four.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(FundingLine, on_delete=models.RESTRICT, related_name="refunds")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    amount_cents = models.BigIntegerField("montant")
    reason = models.CharField("motif", max_length=300)
    holder = models.CharField("titulaire du compte", max_length=70)
    iban_sealed = models.BinaryField()
    iban_last4 = models.CharField(max_length=4)
    prepared_by = models.UUIDField()
    prepared_at = models.DateTimeField()
    bank_reference = models.CharField("référence du virement", max_length=60, blank=True)
    left_on = models.DateField("parti le", null=True)
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "remboursement"
        ordering = ("-prepared_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_positive"),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="refund_has_a_reason",
                violation_error_message="Écrivez le motif du remboursement.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("prepared_by")),
                name="refund_two_people",
                violation_error_message="Une autre personne doit confirmer ce remboursement.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, left_on__isnull=True, bank_reference="")
                | Q(confirmed_at__isnull=False, left_on__isnull=False) & ~Q(bank_reference=""),
                name="refund_left_iff_confirmed",
            ),
            models.UniqueConstraint(
                fields=["line"], condition=Q(confirmed_at__isnull=True), name="one_refund_prepared_per_line"
            ),
            models.UniqueConstraint(
                fields=["funder", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="refund_reference",
                violation_error_message="Un autre remboursement de ce commanditaire porte déjà cette référence.",
            ),
            Tenant(name="refund_rls", readers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Remboursement {self.bank_reference}".strip()
