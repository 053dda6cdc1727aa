"""Caps and places: how many actors each territory feeds, who has a place there, and every change with its reason.

A territory is a key of any level: "commune:33063", "epci:243300316", "departement:33", "region:75". They are nested,
but not a tree: an EPCI may cross départements. So a place is one row per actor and capped territory.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from actors.models import Actor, Site
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant


class CapQuerySet(models.QuerySet["Cap"]):
    """Words for choosing caps."""

    def fullest_first(self) -> "CapQuerySet":
        """By places left, the fewest first; then those with most actors."""
        return self.order_by(F("cap") + F("exceptions") - F("qualified"), "-qualified", "territory")

    def full(self) -> "CapQuerySet":
        """Those without a place left."""
        return self.filter(qualified__gte=F("cap") + F("exceptions"))


class Cap(models.Model):
    """How many actors a territory feeds. `qualified` and `extinction` are moved by trigger, never by us.

    `extinction` counts the actors who were there before the cap was lowered under them: it can only go down, as they
    leave, and never gives a place to anybody.
    """

    territory = models.CharField(max_length=24, primary_key=True)
    cap = models.PositiveIntegerField("plafond")
    exceptions = models.PositiveIntegerField("exceptions accordées", default=0)
    exception_reason = models.CharField("motif des exceptions", max_length=300, blank=True)
    reason = models.CharField("motif du dernier changement", max_length=300, blank=True, default="", db_default="")
    qualified = models.PositiveIntegerField(db_default=0)
    extinction = models.PositiveIntegerField("par extinction", db_default=0)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CapQuerySet.as_manager()

    class Meta:
        verbose_name = "plafond"
        ordering = ("territory",)
        constraints = (
            models.CheckConstraint(
                condition=Q(qualified__lte=F("cap") + F("exceptions") + F("extinction")),
                name="cap_respected",
                violation_error_message="Le plafond de ce territoire est atteint.",
            ),
            models.CheckConstraint(
                condition=Q(exceptions=0) | ~Q(exception_reason=""),
                name="cap_exception_justified",
                violation_error_message="Une exception doit être motivée.",
            ),
            models.CheckConstraint(
                condition=Q(extinction=0) | ~Q(reason=""),
                name="cap_extinction_justified",
                violation_error_message="Un plafond inférieur au nombre d’acteurs présents doit être motivé.",
            ),
            models.CheckConstraint(
                condition=Q(territory__regex=r"^(commune|epci|departement|region):"), name="cap_of_a_level"
            ),
            Tenant(name="cap_rls", read_if="true"),
        )

    @property
    def places(self) -> int:
        """How many actors may stand there, exceptions included."""
        return self.cap + self.exceptions

    @property
    def free(self) -> int:
        """How many more may join; none while some stay « par extinction »."""
        return max(0, self.places - self.qualified)


class QualificationQuerySet(models.QuerySet["Qualification"]):
    """Words for choosing places."""

    def idle(self) -> Self:
        """Those where their actor has no open site, nor a round of one."""
        helping = Site.objects.filter(
            actor_id=OuterRef("actor_id"), open=True, territories__contains=[OuterRef("territory_id")]
        )
        return self.filter(~Exists(helping))


class Qualification(models.Model):
    """An actor's place in a capped territory, from its acceptance to its leaving. A suspension keeps the place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Actor, on_delete=models.RESTRICT, related_name="qualifications")
    territory = models.ForeignKey(Cap, on_delete=models.RESTRICT, db_column="territory")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = QualificationQuerySet.as_manager()

    class Meta:
        verbose_name = "qualification"
        ordering = ("since", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["actor", "territory"], condition=Q(until__isnull=True), name="one_place_per_territory"
            ),
            Tenant(name="qualification_rls", read_if="true"),
        )


class CapPolicy(models.Model):
    """A version of the operator's rule for computing caps. A change is a new version; the last one is in force."""

    version = models.PositiveIntegerField(primary_key=True)
    target_cents = models.BigIntegerField("ce qu’un acteur doit gagner par an")
    at_least = models.PositiveIntegerField("jamais moins de")
    at_most = models.PositiveIntegerField("jamais plus de")
    inhabitants_per_actor = models.PositiveIntegerField("couverture minimale : un acteur pour")
    reason = models.CharField("motif", max_length=300)
    set_at = models.DateTimeField()
    set_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = "règle des plafonds"
        ordering = ("-version",)
        constraints = (
            models.CheckConstraint(
                condition=Q(target_cents__gt=0, inhabitants_per_actor__gt=0, at_most__gte=F("at_least")),
                name="cap_policy_sound",
            ),
            Tenant(name="cap_policy_rls", read_if="true", append_only=True),
        )


class CapChange(models.Model):
    """One change of a cap, with what the formula said then and why the operator wrote what it wrote."""

    id = models.BigAutoField(primary_key=True)
    territory = models.CharField(max_length=24, db_index=True)
    cap = models.PositiveIntegerField()
    exceptions = models.PositiveIntegerField()
    extinction = models.PositiveIntegerField()
    qualified = models.PositiveIntegerField()
    computed = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = "changement de plafond"
        ordering = ("-id",)
        constraints = (Tenant(name="cap_change_rls", append_only=True),)


class Promotion(models.Model):
    """A waiting application accepted when a place opened: its rank then, and the operator's reason."""

    id = models.BigAutoField(primary_key=True)
    application_id = models.UUIDField(unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    territory = models.CharField(max_length=24)
    rank = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    promoted_at = models.DateTimeField(db_default=Now())
    promoted_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = "promotion"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(reason="") & Q(rank__gte=1), name="promotion_justified"),
            Tenant(name="promotion_rls", append_only=True),
        )


class Round(models.Model):
    """A commune that an itinerant site declares it goes to: it counts there as in its own."""

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="rounds")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    commune = models.ForeignKey("territories.Commune", on_delete=models.RESTRICT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        verbose_name = "tournée"
        ordering = ("site", "commune")
        constraints = (
            models.UniqueConstraint(fields=["site", "commune"], name="one_round_per_commune"),
            # Where help goes is public, as sites are.
            Tenant(name="round_rls", read_if="true", writers=("actor_id",)),
        )
