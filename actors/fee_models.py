"""The operator's fees on their way out of the ring-fenced accounts: one row for each transfer to its own bank."""

import uuid

from django.db import models
from django.db.models import F, Q

from aptic.ledger.models import ByTenant, Purse
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant


class FeeSweep(models.Model):
    """Fees and their VAT, taken out of one purse: prepared by one person, transferred and confirmed by another.

    From its confirmation on it counts and never changes; its id is the business event of its two transfers. What left
    before two people were needed is a row too, of nobody: the migration made it of its transfers, and the trail knows
    who noted it. Both checks of people and paper are not validated for that reason: every row written since obeys.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="fee_sweeps")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    fees_cents = models.BigIntegerField("frais HT")
    vat_cents = models.BigIntegerField("TVA")
    prepared_by = models.UUIDField(null=True)  # null: left before two people were needed
    prepared_at = models.DateTimeField()
    bank_reference = models.CharField("référence du virement", max_length=60, blank=True)
    left_on = models.DateField("parti le", null=True)
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "virement des frais"
        ordering = ("-prepared_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(fees_cents__gte=0, vat_cents__gte=0) & ~Q(fees_cents=0, vat_cents=0), name="sweep_positive"
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=False)
                & (
                    Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                    | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("prepared_by"))
                ),
                name="sweep_two_people",
                violation_error_message="Une autre personne doit confirmer ce virement.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, left_on__isnull=True, bank_reference="")
                | Q(confirmed_at__isnull=False, left_on__isnull=False) & ~Q(bank_reference=""),
                name="sweep_left_iff_confirmed",
            ),
            models.UniqueConstraint(
                fields=["purse"], condition=Q(confirmed_at__isnull=True), name="one_sweep_prepared_per_purse"
            ),
            models.UniqueConstraint(
                fields=["purse", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="sweep_reference",
                violation_error_message="Un autre virement de ce cantonnement porte déjà cette référence.",
            ),
            Tenant(name="fee_sweep_rls", readers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Frais de l’opérateur, virement {self.bank_reference}".removesuffix(", virement ")

    @property
    def total_cents(self) -> int:
        """What leaves the bank account: fees and their VAT."""
        return self.fees_cents + self.vat_cents
