"""What a job counts every night and pages read: each actor's ratio, each territory's ratio and coverage."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from actors.models import ByActor
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant


class Forecasted(models.Model):
    """A year to come, in cents, its interval, and how wrong the same forecast was before.

    `error` is the median distance between what was said of past quarters and what came, as a share of what was said;
    `tested` how many such comparisons there were. Without enough of them there is no interval.
    """

    forecast_cents = models.BigIntegerField(null=True)
    low_cents = models.BigIntegerField(null=True)
    high_cents = models.BigIntegerField(null=True)
    error = models.FloatField(null=True)
    tested = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField()

    class Meta:
        abstract = True


class Alert(models.TextChoices):
    """What the ratio says of an actor."""

    NONE = "", "dans l’objectif"
    NEW = "new", "trop récent pour le dire"
    STARVING = "starving", "sous le ratio"
    OVERLOADED = "overloaded", "surchargé"


class ActorRatio(Forecasted):
    """One actor's twelve rolling months against 15 to 25 kEUR, where they tend, and what comes."""

    actor = models.OneToOneField(Organisation, models.RESTRICT, primary_key=True, related_name="ratio")
    earned_cents = models.BigIntegerField()  # over 365 days
    before_cents = models.BigIntegerField()  # over the 365 days before
    pace_cents = models.BigIntegerField()  # the last 91 days, brought to a year
    days_to_payment = models.FloatField(null=True)  # of the year's passes that were paid, on average
    alert = models.CharField(max_length=10, choices=Alert.choices, blank=True, default="")

    objects = ByActor.as_manager()

    class Meta:
        verbose_name = "ratio d’un acteur"
        ordering = ("-earned_cents", "actor")
        indexes = (models.Index(fields=["alert", "earned_cents"], name="actor_ratio_alert"),)
        constraints = (Tenant(name="actor_ratio_rls", readers=("actor_id",)),)


class TerritoryRatio(Forecasted):
    """What a territory's actors earned and may expect, and how it is shared among them. For the operator alone."""

    territory = models.CharField(max_length=24, primary_key=True)
    stock_cents = models.BigIntegerField()  # issued, not yet used, held or handed out nearby
    ordered_cents = models.BigIntegerField(default=0, db_default=0)  # ordered by funders nearby, not in circulation
    ordered_forecast_cents = models.BigIntegerField(default=0, db_default=0)  # what a year will use of it
    earned_cents = models.BigIntegerField()
    actors = models.PositiveIntegerField()
    starving = models.PositiveIntegerField()
    overloaded = models.PositiveIntegerField()
    lowest_cents = models.BigIntegerField(null=True)
    median_cents = models.BigIntegerField(null=True)
    highest_cents = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "ratio d’un territoire"
        ordering = ("territory",)
        constraints = (Tenant(name="territory_ratio_rls"),)


class Thresholds(models.Model):
    """A version of what makes a territory operational. A change is a new version; the last one is in force."""

    version = models.PositiveIntegerField(primary_key=True)
    near_percent = models.PositiveSmallIntegerField("habitants à moins de 15 km d’un lieu")
    mean_km = models.PositiveSmallIntegerField("distance moyenne au lieu le plus proche")
    actors = models.PositiveSmallIntegerField("acteurs qualifiés")
    inhabitants_per_site = models.PositiveIntegerField("habitants par lieu")
    hours_percent = models.PositiveSmallIntegerField("lieux dont les horaires sont connus")
    services = ArrayField(models.PositiveSmallIntegerField(), verbose_name="services nécessaires")
    reason = models.CharField("motif", max_length=300)
    set_at = models.DateTimeField()
    set_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = "seuils"
        ordering = ("-version",)
        constraints = (
            models.CheckConstraint(
                condition=Q(near_percent__lte=100, hours_percent__lte=100, inhabitants_per_site__gt=0),
                name="thresholds_sound",
            ),
            Tenant(name="thresholds_rls", read_if="true", append_only=True),
        )


class CommuneAccess(models.Model):
    """How far a commune's inhabitants are from help, and what they find within 15 km of its point."""

    commune = models.OneToOneField("territories.Commune", models.RESTRICT, primary_key=True, related_name="access")
    nearest_km = models.FloatField(null=True)
    sites = models.PositiveIntegerField()
    actors = models.PositiveIntegerField()
    hours_known = models.PositiveIntegerField()
    services = ArrayField(models.PositiveSmallIntegerField())
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = "accès d’une commune"
        constraints = (Tenant(name="commune_access_rls", read_if="true"),)


class Coverage(models.Model):
    """One EPCI, département, région or the country: what its inhabitants find. Everybody may read it.

    `room_cents` is what its actors could still take in a year beside what is issued and ordered, in thousands of euros.
    """

    territory = models.CharField(max_length=24, primary_key=True)
    population = models.PositiveIntegerField()
    near_population = models.PositiveIntegerField()  # within 15 km of a site
    far_population = models.PositiveIntegerField()  # further than 30 km from any
    mean_km = models.FloatField(null=True)
    sites = models.PositiveIntegerField()
    actors = models.PositiveIntegerField()
    hours_known = models.PositiveIntegerField()
    services = ArrayField(models.PositiveSmallIntegerField())
    room_cents = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField()  # of the thresholds it was judged by
    missing = ArrayField(models.CharField(max_length=12))
    operational = models.BooleanField()
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = "couverture"
        ordering = ("territory",)
        constraints = (Tenant(name="coverage_rls", read_if="true"),)
