"""A booklet that was lost or stolen, and the one that holds its value since."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant
from passes.models.passes import Batch, Booklet, ByCustody


class Replacement(models.Model):
    """`booklet` holds what was left in `lost`: as many passes, of the same value, on the same funding line.

    `distributor` held the lost one. Composite keys prove that both lie in their batches, and that one batch replaces
    the other (migration 0012).
    """

    booklet = models.OneToOneField(Booklet, on_delete=models.RESTRICT, primary_key=True, related_name="replaces")
    lost = models.ForeignKey(Booklet, on_delete=models.RESTRICT, related_name="replacements")
    batch = models.ForeignKey(Batch, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    lost_batch = models.ForeignKey(Batch, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    distributor = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    replaced_by = models.UUIDField(null=True)
    replaced_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ByCustody.as_manager()

    class Meta:
        verbose_name = "remplacement"
        ordering = ("booklet",)
        constraints = (
            models.CheckConstraint(condition=~Q(booklet=models.F("lost")), name="replacement_is_another_booklet"),
            Tenant(
                name="replacement_rls",
                readers=("funder_id", "distributor_id"),
                writers=("funder_id",),
                append_only=True,
            ),
        )

    def __str__(self) -> str:
        return f"Carnet {self.lost_id} remplacé par {self.booklet_id}"
