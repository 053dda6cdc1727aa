"""What a pass may pay for: the national standard's services and, under them, finer ones.

Public reference data without a tenant, read-only for every role that serves; rows come from `table.py`.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce


class ServiceQuerySet(models.QuerySet["Service"]):
    """Words for choosing services."""

    def active(self) -> Self:
        """Those that may still be offered."""
        return self.filter(active=True)

    def standard(self) -> Self:
        """The services of the national standard, the only ones an export may name."""
        return self.filter(kind=Service.Kind.STANDARD)

    def for_places(self) -> Self:
        """What a place may offer: the standard's services, each followed by the local parcours under it."""
        places = self.active().filter(kind__in=(Service.Kind.STANDARD, Service.Kind.PARCOURS))
        family = Coalesce("parent__position", "position"), Coalesce("parent_id", "id")
        return places.order_by(*family, F("parent_id").asc(nulls_first=True), "position", "id")

    def with_children(self) -> Self:
        """Fetch the finer services under each, in one more query."""
        return self.prefetch_related("children")


class Service(models.Model):
    """A service of digital mediation. Ids never change: printed rules and redemptions name them."""

    class Kind(models.TextChoices):
        """Where a service comes from."""

        STANDARD = "standard", "Standard national, version 1"
        FIRST_VERSION = "first_version", "Standard national, première version"
        PARCOURS = "parcours", "Parcours local"

    id = models.PositiveSmallIntegerField(primary_key=True)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField("nom", max_length=100)
    description = models.CharField("description", max_length=240)
    kind = models.CharField("origine", max_length=13, choices=Kind)
    parent = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="children", verbose_name="service"
    )
    position = models.PositiveSmallIntegerField("rang")
    active = models.BooleanField("proposé", default=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "service"
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="standard", parent=None) | (~Q(kind="standard") & Q(parent__isnull=False)),
                name="service_parent_unless_standard",
                violation_error_message="Un parcours se rattache à un service du standard national.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def listed(self) -> str:
        """Its name in a list where each parcours follows its service."""
        return f"– {self.name}" if self.kind == Service.Kind.PARCOURS else self.name
