"""What is asked of whoever applies, in versions: the questionnaire, its hidden weights, the charter and the terms.

A published version never changes (trigger in migration 0005): an application keeps the one it was begun with.
"""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q

from aptic.tenancy.rls import Tenant


class VersionQuerySet(models.QuerySet[Any]):
    """Words for choosing versions."""

    def published(self) -> Self:
        """Those that are or were in force, the latest first."""
        return self.filter(published_at__isnull=False).order_by("-number")

    def draft(self) -> Self:
        """The one that is being written, if there is one."""
        return self.filter(published_at=None)


class Referential(models.Model):
    """One version of the questionnaire. `content` holds sections and questions as `rules.py` reads them, no weight."""

    class State(models.TextChoices):
        DRAFT = "draft", "En préparation"
        PUBLISHED = "published", "Publiée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField("version", unique=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    content = models.JSONField(default=dict)
    note = models.CharField("ce qui change", max_length=400, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = "référentiel"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_referential"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True)
                | Q(state="published", published_at__isnull=False),
                name="referential_published_iff_dated",
            ),
            # Whoever applies reads the questions; only the operator reads a draft.
            Tenant(name="referential_rls", read_if="published_at IS NOT NULL"),
        )

    def __str__(self) -> str:
        return f"Référentiel, version {self.number}"


class Weighting(models.Model):
    """What each answer of one version is worth: {question: {choice: points}}. Only the operator reads it."""

    referential = models.OneToOneField(
        Referential, on_delete=models.RESTRICT, primary_key=True, related_name="weighting"
    )
    points = models.JSONField(default=dict)
    pass_mark = models.PositiveSmallIntegerField("seuil conseillé, en %", default=50)

    objects = models.Manager()

    class Meta:
        verbose_name = "barème"
        constraints = (
            models.CheckConstraint(condition=Q(pass_mark__lte=100), name="weighting_pass_mark_percent"),
            Tenant(name="weighting_rls"),
        )

    def __str__(self) -> str:
        return f"Barème de la version {self.referential_id}"


class LegalText(models.Model):
    """One version of the charter or of the terms; an acceptance names the version and its day."""

    class Kind(models.TextChoices):
        CHARTER = "charter", "Charte"
        TERMS = "terms", "Conditions générales"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveIntegerField("version")
    body = models.TextField("texte", max_length=40_000)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = "texte d’engagement"
        ordering = ("kind", "-number")
        constraints = (
            models.UniqueConstraint(fields=["kind", "number"], name="one_legal_text_per_version"),
            models.UniqueConstraint(fields=["kind"], condition=Q(published_at=None), name="one_draft_per_legal_text"),
            Tenant(name="legal_text_rls", read_if="published_at IS NOT NULL"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, version {self.number}"
