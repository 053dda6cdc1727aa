"""Who may redeem: applications and decisions. The caps that they are taken under are in `cap_models.py`."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant
from qualification.candidacy_models import (
    Acceptance,
    Appeal,
    ApplicationDocument,
    ApplicationSite,
    Decision,
    LegalStatus,
    RegisterCheck,
    Remark,
)
from qualification.cap_models import Cap, CapChange, CapPolicy, Promotion, Qualification, Round
from qualification.hub_models import Consent, HubApplication, HubCampaign, Plan, PlanTask, Remit
from qualification.referential_models import LegalText, Referential, Weighting

__all__ = [
    "Acceptance",
    "Appeal",
    "Application",
    "ApplicationDocument",
    "ApplicationSite",
    "Cap",
    "CapChange",
    "CapPolicy",
    "Consent",
    "Decision",
    "HubApplication",
    "HubCampaign",
    "LegalText",
    "Plan",
    "PlanTask",
    "Promotion",
    "Qualification",
    "Referential",
    "RegisterCheck",
    "Remark",
    "Remit",
    "Round",
    "Weighting",
]


LIVE = ["submitted", "correction", "waiting"]  # states in which nobody else may ask for the same SIRET


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

    def sent(self) -> Self:
        """Those that were sent at least once, whatever became of them."""
        return self.exclude(state=Application.State.DRAFT)

    def with_first_sending(self) -> Self:
        """Each with when it was sent first: its rank, which a correction keeps. `submitted_at` is the last time."""
        answered = Decision.objects.filter(application=OuterRef("pk")).order_by("submitted_at").values("submitted_at")
        return self.annotate(first_sent_at=Coalesce(Subquery(answered[:1]), F("submitted_at")))


class Application(models.Model):
    """An organisation asks to join, with its SIRET and its first site; the operator decides under the cap."""

    class State(models.TextChoices):
        DRAFT = "draft", "En cours de saisie"
        SUBMITTED = "submitted", "À étudier"
        CORRECTION = "correction", "À compléter"
        WAITING = "waiting", "Sur liste d’attente"
        ACCEPTED = "accepted", "Acceptée"
        REFUSED = "refused", "Refusée"
        WITHDRAWN = "withdrawn", "Abandonnée"
        REPLACED = "replaced", "Remplacée"

    class Kind(models.TextChoices):
        FIRST = "first", "Première candidature"
        RENEWAL = "renewal", "Renouvellement"

    EDITABLE = (State.DRAFT, State.CORRECTION)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.FIRST)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    referential = models.ForeignKey(
        Referential, on_delete=models.RESTRICT, null=True, related_name="+"
    )  # null: it came before there was a questionnaire
    organisation_name = models.CharField("nom de l’organisation", max_length=160)
    siret = models.CharField("SIRET", max_length=14)
    takes_over = models.BooleanField("reprend le SIRET d’un prédécesseur", default=False)
    takeover_reason = models.TextField("ce qui s’est passé", max_length=600, blank=True)
    legal_status = models.CharField("statut juridique", max_length=16, choices=LegalStatus.choices, blank=True)
    address = models.CharField("adresse du siège", max_length=200, blank=True)
    website = models.URLField("site internet", blank=True)
    charges_vat = models.BooleanField("assujettie à la TVA", default=False)
    motivation = models.TextField("votre accompagnement en quelques phrases", max_length=2000, blank=True)
    contact_name = models.CharField("votre nom", max_length=120)
    contact_role = models.CharField("votre fonction", max_length=120, blank=True)
    email = models.EmailField("adresse électronique")
    phone = models.CharField("téléphone", max_length=20, blank=True)
    representative_name = models.CharField("représentant légal", max_length=120, blank=True)
    representative_role = models.CharField("sa fonction", max_length=120, blank=True)
    representative_email = models.EmailField("son adresse électronique", blank=True)
    mandated = models.BooleanField("mandat de l’organisation", default=False)
    site_name = models.CharField("lieu principal", max_length=120, blank=True)  # of its first site, as lists show it
    commune = models.ForeignKey(
        "territories.Commune", on_delete=models.RESTRICT, null=True, related_name="+"
    )  # of its first site: the territory whose place it asks for
    answers = models.JSONField(default=dict, blank=True)
    account_holder = models.CharField("titulaire du compte", max_length=70, blank=True)
    iban_sealed = models.BinaryField(null=True)
    iban_last4 = models.CharField(max_length=4, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    begun_at = models.DateTimeField(default=timezone.now)  # not by the database: whoever begins may not read back
    submitted_at = models.DateTimeField(null=True)
    assigned_to = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    reason = models.TextField(max_length=1000, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="applications")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "candidature"
        ordering = ("submitted_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["siret"],
                condition=Q(kind="first", takes_over=False, state__in=LIVE),
                name="one_live_application_per_siret",
                violation_error_message="Une candidature est déjà enregistrée pour ce SIRET.",
            ),
            models.UniqueConstraint(
                fields=["siret"],
                condition=Q(kind="first", takes_over=True, state__in=LIVE),
                name="one_live_takeover_per_siret",
                violation_error_message="Une reprise est déjà demandée pour ce SIRET.",
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(kind="renewal", state__in=["draft", "submitted", "correction"]),
                name="one_live_renewal_per_actor",
                violation_error_message="Un renouvellement est déjà en cours.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "correction", "withdrawn"], decided_at__isnull=True)
                | Q(state__in=["waiting", "accepted", "refused", "replaced"], decided_at__isnull=False),
                name="application_decided_iff_dated",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at__isnull=True)
                | Q(state="withdrawn")
                | ~Q(state__in=["draft", "withdrawn"]) & Q(submitted_at__isnull=False, commune__isnull=False),
                name="application_sent_with_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(organisation__isnull=False), name="application_accepted_is_actor"
            ),
            models.CheckConstraint(
                condition=~Q(kind="renewal") | Q(organisation__isnull=False), name="application_renewal_is_actors"
            ),
            models.CheckConstraint(
                condition=Q(iban_sealed__isnull=True, iban_last4="") | Q(iban_sealed__isnull=False) & ~Q(iban_last4=""),
                name="application_iban_sealed",
            ),
            # Anybody may begin one, before having an account, and goes on with a signed link; the operator reads all,
            # an actor its own. Who writes in which state is in migration 0009.
            Tenant(
                name="application_rls",
                readers=("organisation_id",),
                read_if="id = {link}",
                write_if="id = {link}",
                insert_if="state = 'draft' AND (organisation_id IS NULL OR organisation_id = {organisation})",
            ),
        )

    def __str__(self) -> str:
        return self.organisation_name

    @property
    def editable(self) -> bool:
        """Whether whoever applies may still change it."""
        return self.state in self.EDITABLE
