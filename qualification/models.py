"""Who may redeem: applications and decisions. The caps that they are taken under are in `cap_models.py`."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from qualification.cap_models import Cap, CapChange, CapPolicy, Promotion, Qualification, Round

__all__ = ["Application", "Cap", "CapChange", "CapPolicy", "Promotion", "Qualification", "Round"]


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
