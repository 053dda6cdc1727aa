"""A session of help at a counter: a workshop, or an hour with one person, whose passes are taken one after the other.

A redemption names its session in its own column, written once. What a session is never changes, and once closed it
stays closed: grants and triggers of `passes/sql/sessions.sql` hold both. One that nobody closes ends with its day: no
clock writes that, the counter's pages read it off the date.
"""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from actors.models import Site
from actors.open_now import zone_of
from aptic.documents.models import Document
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant
from aptic.vocabulary.models import Service
from passes.models.conflicts import ByActor

SHORTEST, LONGEST = 15, 600  # minutes


class BySession(ByActor):
    """Sessions."""

    def still_open(self) -> Self:
        """Those that take passes."""
        return self.filter(closed_at__isnull=True)


class Session(models.Model):
    """What was done, when, how long, with how many and where; `sheet` is its attendance sheet as it was last made."""

    class Kind(models.TextChoices):
        GROUP = "group", "Collective"
        INDIVIDUAL = "individual", "Individuelle"

    class Mode(models.TextChoices):
        SITE = "site", "Sur place"
        HOME = "home", "À domicile"
        REMOTE = "remote", "À distance"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.RESTRICT, related_name="+", db_index=False)
    held_on = models.DateField("jour")
    minutes = models.PositiveSmallIntegerField("durée")
    kind = models.CharField("forme", max_length=10, choices=Kind.choices)
    mode = models.CharField("où", max_length=6, choices=Mode.choices)
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField(null=True)
    opened_on_device = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_on_device = models.UUIDField(null=True)
    sheet = models.ForeignKey(Document, on_delete=models.RESTRICT, null=True, related_name="+", db_index=False)

    objects = BySession.as_manager()

    class Meta:
        verbose_name = "séance"
        ordering = ("-opened_at", "id")
        indexes = (models.Index(fields=["site", "-opened_at"], name="session_site"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(minutes__gte=SHORTEST, minutes__lte=LONGEST), name="session_minutes_sensible"
            ),
            models.CheckConstraint(condition=Q(kind__in=["group", "individual"]), name="session_kind_known"),
            models.CheckConstraint(condition=Q(mode__in=["site", "home", "remote"]), name="session_mode_known"),
            models.CheckConstraint(
                condition=Q(opened_by__isnull=False) | Q(opened_on_device__isnull=False),
                name="session_opened_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, closed_on_device=None)
                | Q(closed_at__isnull=False, closed_at__gte=F("opened_at"))
                & (Q(closed_by__isnull=False) | Q(closed_on_device__isnull=False)),
                name="session_closed_by_somebody",
            ),
            Tenant(
                name="session_rls",
                readers=("actor_id",),
                write_if="actor_id = {organisation} AND site_id = {site}",
            ),
        )

    def __str__(self) -> str:
        return f"Séance du {self.held_on}"

    @property
    def is_open(self) -> bool:
        """Does the counter take passes in it: nobody closed it, and its day is not over?"""
        return self.closed_at is None and not self.is_over(timezone.now())

    def is_over(self, at: datetime) -> bool:
        """Has its day passed on the site's clocks, or the day when it was opened if that came later?"""
        clocks = zone_of(self.site.commune.departement_id)
        return at.astimezone(clocks).date() > max(self.held_on, self.opened_at.astimezone(clocks).date())
