"""The trail: who did what to which row, and the seals that make a change of it visible.

People and organisations are plain ids, not foreign keys: one INSERT, no lock on any other row.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q

from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from aptic.xid import XidField


class DatabaseClock(Func):
    """PostgreSQL's clock, not the caller's."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class EventQuerySet(models.QuerySet["Event"]):
    """Words for choosing events."""

    def visible_to(self, principal: Principal) -> Self:
        """Those of the acting organisation; all of them for the operator."""
        return self if principal.is_operator else self.filter(organisation_id=principal.organisation_id)

    def about(self, target: models.Model) -> Self:
        """The history of one row."""
        return self.filter(object_type=target._meta.label_lower, object_id=str(target.pk))


class Event(models.Model):
    """One act. Changed fields are named, their values are not kept (§9)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=DatabaseClock())
    xid = XidField(db_index=True)
    person_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    hat = models.CharField(max_length=16)
    request_id = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    fields = ArrayField(models.CharField(max_length=60), default=list)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "événement"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["organisation_id", "-id"], name="event_organisation"),
            models.Index(fields=["object_type", "object_id"], name="event_object"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(verb=""), name="event_verb_named"),
            Tenant(
                name="event_rls",
                readers=("organisation_id",),
                writers=("organisation_id",),
                write_if="organisation_id IS NULL",
                append_only=True,
            ),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"


class Seal(models.Model):
    """The fingerprint of one table's rows with `low <= xid < high`, chained to the seal before it."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=DatabaseClock())
    table = models.CharField(max_length=60)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    count = models.BigIntegerField()
    rows_hash = models.BinaryField()
    previous = models.BinaryField(unique=True)
    hash = models.BinaryField(unique=True)

    class Meta:
        verbose_name = "scellé"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["table", "low"], name="seal_once"),
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="seal_range"),
            models.CheckConstraint(condition=Q(count__gt=0), name="seal_not_empty"),
            Tenant(name="seal_rls", append_only=True),
        )

    def __str__(self) -> str:
        return f"{self.table} {self.low}-{self.high}"


class Verification(models.Model):
    """Every seal recomputed from the rows: how many, and what differed first. The operator sees the last one."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=DatabaseClock())
    seals = models.BigIntegerField()
    seal_id = models.BigIntegerField(null=True)
    table = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)

    class Meta:
        verbose_name = "vérification des scellés"
        ordering = ("-id",)
        constraints = (Tenant(name="verification_rls", append_only=True),)

    def __str__(self) -> str:
        if not self.reason:
            return f"{self.seals} scellés vérifiés, aucun écart"
        where = f"scellé {self.seal_id} ({self.table})" if self.seal_id else self.table
        return f"{where} : {self.reason}"


class Head(models.Model):
    """The last seal of a day: published for everybody and mailed to funders, so that history cannot be rewritten."""

    day = models.DateField(primary_key=True)
    seal_id = models.BigIntegerField()
    hash = models.BinaryField()
    published_at = models.DateTimeField(db_default=DatabaseClock())

    class Meta:
        verbose_name = "empreinte du jour"
        ordering = ("-day",)
        constraints = (Tenant(name="head_rls", read_if="true", append_only=True),)

    def __str__(self) -> str:
        return f"{self.day}: {bytes(self.hash).hex()}"
