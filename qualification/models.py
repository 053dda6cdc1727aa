"""Who may redeem: applications, decisions, and the cap that keeps actors few enough per territory to live from it."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from actors.models import Actor
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from qualification.referential_models import LegalText, Referential, Weighting

__all__ = ["Application", "Cap", "LegalText", "Qualification", "Referential", "Weighting"]


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Words for choosing applications."""

    def visible_to(self, principal: Principal) -> Self:
        """All for the operator; the accepted one of the acting organisation, nothing for anybody else."""
        return (
            self
            if principal.is_operator
            else self.filter(organisation_id=principal.organisation_id or uuid.UUID(int=0))
        )

    def undecided(self) -> Self:
        """Those that still wait for their answer."""
        return self.filter(state=Application.State.SUBMITTED)


class Application(models.Model):
    """An organisation asks to join, with its SIRET and its first site; the operator decides under the cap."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "À étudier"
        WAITING = "waiting", "Sur liste d’attente"
        ACCEPTED = "accepted", "Acceptée"
        REFUSED = "refused", "Refusée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    organisation_name = models.CharField("nom de l’organisation", max_length=160)
    siret = models.CharField("SIRET", max_length=14)
    contact_name = models.CharField("votre nom", max_length=120)
    email = models.EmailField("adresse électronique")
    phone = models.CharField("téléphone", max_length=20)
    site_name = models.CharField("nom du lieu", max_length=120)
    site_address = models.CharField("adresse du lieu", max_length=200)
    commune = models.ForeignKey("territories.Commune", on_delete=models.RESTRICT, related_name="+")
    site_hours = models.CharField("horaires", max_length=200, blank=True)
    services = models.JSONField(default=list)
    motivation = models.TextField("votre accompagnement en quelques phrases", max_length=2000, blank=True)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    reason = models.TextField(max_length=1000, blank=True)
    organisation = models.OneToOneField(Organisation, on_delete=models.RESTRICT, null=True, related_name="application")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "candidature"
        ordering = ("submitted_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["siret"],
                condition=~Q(state="refused"),
                name="one_live_application_per_siret",
                violation_error_message="Une candidature est déjà enregistrée pour ce SIRET.",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", decided_at__isnull=True)
                | (~Q(state="submitted") & Q(decided_at__isnull=False)),
                name="application_decided_iff_dated",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(organisation__isnull=False), name="application_accepted_is_actor"
            ),
            # Anybody may apply, before having an account; only the operator and the accepted organisation read.
            Tenant(name="application_rls", readers=("organisation_id",), insert_if="state = 'submitted'"),
        )

    def __str__(self) -> str:
        return self.organisation_name


class CapQuerySet(models.QuerySet["Cap"]):
    """Words for choosing caps."""

    def fullest_first(self) -> Self:
        """By places left, the fewest first; then those with most actors."""
        return self.order_by(F("cap") + F("exceptions") - F("qualified"), "-qualified", "territory")


class Cap(models.Model):
    """How many actors a territory feeds. `qualified` is moved by trigger with each qualification, never by us."""

    territory = models.CharField(max_length=24, primary_key=True)
    cap = models.PositiveIntegerField("plafond")
    exceptions = models.PositiveIntegerField("exceptions accordées", default=0)
    exception_reason = models.CharField("motif des exceptions", max_length=300, blank=True)
    qualified = models.PositiveIntegerField(db_default=0)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CapQuerySet.as_manager()

    class Meta:
        verbose_name = "plafond"
        ordering = ("territory",)
        constraints = (
            models.CheckConstraint(
                condition=Q(qualified__lte=F("cap") + F("exceptions")),
                name="cap_respected",
                violation_error_message="Le plafond de ce territoire est atteint.",
            ),
            models.CheckConstraint(
                condition=Q(exceptions=0) | ~Q(exception_reason=""),
                name="cap_exception_justified",
                violation_error_message="Une exception doit être motivée.",
            ),
            Tenant(name="cap_rls", read_if="true"),
        )


class Qualification(models.Model):
    """An actor's place in a territory, from its acceptance to its leaving. A suspension keeps the place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Actor, on_delete=models.RESTRICT, related_name="qualifications")
    territory = models.ForeignKey(Cap, on_delete=models.RESTRICT, db_column="territory")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "qualification"
        ordering = ("since", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["actor", "territory"], condition=Q(until__isnull=True), name="one_place_per_territory"
            ),
            Tenant(name="qualification_rls", read_if="true"),
        )
