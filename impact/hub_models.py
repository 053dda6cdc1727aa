"""What a hub reads of the actors of its territory: state, sites, the band of their ratio; amounts with their consent.

A view over a function of migration 0005, which answers to the hub that acts and to nobody else. The bounds of the bands
are in the function: given by whoever asks, they would find any amount by halves.
"""

from django.db import models

from actors.models import Actor
from qualification.cap_rules import RATIO_HIGH_CENTS, RATIO_LOW_CENTS


class Band(models.TextChoices):
    """Where the last twelve months of an actor stand against the ratio."""

    UNKNOWN = "", "pas encore calculé"
    NEW = "new", "trop récent pour le dire"
    UNDER = "under", f"moins de {RATIO_LOW_CENTS // 100_000} k€"
    WITHIN = "within", f"de {RATIO_LOW_CENTS // 100_000} à {RATIO_HIGH_CENTS // 100_000} k€"
    ABOVE = "above", f"plus de {RATIO_HIGH_CENTS // 100_000} k€"


class HubActor(models.Model):
    """An actor with an open site, or a round, in the acting hub's territory."""

    actor_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=160)
    search_key = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=Actor.State.choices)
    qualified_at = models.DateTimeField()
    qualified_until = models.DateTimeField(null=True)
    sites = models.IntegerField()
    band = models.CharField(max_length=6, choices=Band.choices)
    consented = models.BooleanField()
    earned_cents = models.BigIntegerField(null=True)
    forecast_cents = models.BigIntegerField(null=True)

    objects = models.Manager()

    class Meta:
        managed = False
        db_table = "impact_hubactor"
        verbose_name = "acteur du territoire"
        ordering = ("search_key", "actor_id")
