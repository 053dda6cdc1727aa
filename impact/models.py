"""What is published, and what counters observed of the help they gave.

A publication holds figures that a system job counted and suppressed, readable by everybody. An observation is about a
redemption, never about a person: answers from closed lists, nothing typed.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from actors.models import Site
from aptic.ledger.models import ByTenant
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant
from impact.coverage_models import ActorRatio, Alert, CommuneAccess, Coverage, TerritoryRatio, Thresholds
from impact.hub_models import Band, HubActor
from passes.models import Redemption

__all__ = [
    "ActorRatio", "Alert", "Answer", "Band", "CommuneAccess", "Coverage", "HubActor", "Level", "Observation",
    "Publication", "SchemeFigures", "TerritoryRatio", "Thresholds",
]  # fmt: skip


class Publication(models.Model):
    """One run of the public counters: figures by name, in cents, passes or organisations."""

    id = models.BigAutoField(primary_key=True)
    published_at = models.DateTimeField(db_default=Now())
    figures = models.JSONField()

    class Meta:
        verbose_name = "publication"
        ordering = ("-id",)
        constraints = (Tenant(name="publication_rls", read_if="true", append_only=True),)


class SchemeFigures(models.Model):
    """The whole scheme as the hourly job last counted it (`scheme.py`): one row, for the operator alone.

    `seconds` is how long counting took: while that is little, the page counts by itself.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField()
    seconds = models.FloatField()
    figures = models.JSONField()

    class Meta:
        verbose_name = "chiffres du dispositif"
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_scheme_figures"),
            Tenant(name="scheme_figures_rls"),
        )


class Answer(models.TextChoices):
    """To a question that is answered by yes or no; the empty string is a question that nobody asked."""

    YES = "yes", "Oui"
    NO = "no", "Non"
    UNSAID = "unsaid", "Ne souhaite pas répondre"


class Level(models.TextChoices):
    """How much somebody does alone."""

    HELPED = "helped", "Ne sait pas faire"
    GUIDED = "guided", "Fait avec de l’aide"
    ALONE = "alone", "Fait sans aide"
    UNSAID = "unsaid", "Ne souhaite pas répondre"


QUESTIONS = ("first_here", "never_helped", "before", "after", "referred")


def _among(name: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    condition = Q(**{f"{name}__in": ["", *choices.values]})
    return models.CheckConstraint(condition=condition, name=f"observation_{name}_known")


class ByObservation(ByTenant):
    """Rows that the actor who observed and the funder who paid may read."""

    reader_columns = ("funder_id", "actor_id")


class Observation(models.Model):
    """What a counter noted about one redemption, in one tap a question; each may be left out."""

    redemption = models.OneToOneField(
        Redemption, on_delete=models.RESTRICT, primary_key=True, related_name="observation"
    )
    actor = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, models.RESTRICT, related_name="+", db_index=False)
    batch_id = models.IntegerField()
    first_here = models.CharField("Première fois dans ce lieu", max_length=6, choices=Answer.choices, blank=True)
    never_helped = models.CharField(
        "Toute première aide avec le numérique", max_length=6, choices=Answer.choices, blank=True
    )
    before = models.CharField("Avant l’aide", max_length=6, choices=Level.choices, blank=True)
    after = models.CharField("Après l’aide", max_length=6, choices=Level.choices, blank=True)
    referred = models.CharField(
        "Une autre structure lui a été conseillée", max_length=6, choices=Answer.choices, blank=True
    )
    observed_at = models.DateTimeField()

    objects = ByObservation.as_manager()

    class Meta:
        verbose_name = "observation"
        ordering = ("-observed_at", "redemption_id")
        indexes = (models.Index(fields=["batch_id"], name="observation_batch"),)
        constraints = (
            _among("first_here", Answer),
            _among("never_helped", Answer),
            _among("before", Level),
            _among("after", Level),
            _among("referred", Answer),
            models.CheckConstraint(
                condition=~Q(first_here="", never_helped="", before="", after="", referred=""),
                name="observation_says_something",
            ),
            Tenant(
                name="observation_rls",
                readers=("funder_id", "actor_id"),
                write_if="actor_id = {organisation} AND site_id = {site}",
            ),
        )
