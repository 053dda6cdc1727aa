"""What an application is made of beside its own row: places, papers, remarks, decisions, an appeal, what was agreed to.

Whoever applies reaches these rows by a signed link, which puts the application's id in `{link}` (see `link.py`); a
trigger refuses to change places and papers of an application that is no longer theirs to edit (migration 0009).
"""

import uuid

from django.db import models
from django.db.models import F, Q

from actors.models import Site
from actors.site_description import SiteDescription, on_earth
from aptic.tenancy.rls import Tenant
from qualification.referential_models import LegalText

BY_LINK = "application_id = {link}"


class LegalStatus(models.TextChoices):
    """What an organisation is in law: it decides which papers are asked for."""

    ASSOCIATION = "association", "Association"
    COMPANY = "company", "Entreprise"
    COOPERATIVE = "cooperative", "Coopérative (SCOP, SCIC…)"
    PUBLIC = "public", "Collectivité ou établissement public"
    SELF_EMPLOYED = "self_employed", "Indépendante ou indépendant"
    OTHER = "other", "Autre (fondation, mutuelle, syndicat…)"


class ApplicationSite(SiteDescription):
    """A place that the application proposes; it becomes a site when the application is accepted.

    A renewal's places know the sites that they were copied from: what is changed there changes them once accepted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="sites")
    position = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, null=True, related_name="+")

    objects = models.Manager()

    class Meta(SiteDescription.Meta):
        verbose_name = "lieu proposé"
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=["application", "position"], name="one_site_per_position"),
            on_earth("application_site_on_earth"),
            Tenant(name="application_site_rls", read_if=BY_LINK, write_if=BY_LINK),
        )


class ApplicationDocument(models.Model):
    """A paper: its bytes are encrypted in the file store, bound to this row. Deleted bytes leave the row."""

    class Kind(models.TextChoices):
        STATUTES = "statutes", "Statuts signés"
        RECEIPT = "receipt", "Récépissé de déclaration ou parution au Journal officiel"
        REGISTRATION = "registration", "Extrait Kbis ou avis de situation Insee de moins de trois mois"
        DELIBERATION = "deliberation", "Délibération ou décision qui autorise la demande"
        INSURANCE = "insurance", "Attestation d’assurance responsabilité civile"
        BANK = "bank", "Relevé d’identité bancaire"
        MANDATE = "mandate", "Pouvoir donné à qui candidate"
        OTHER = "other", "Autre pièce"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="documents")
    kind = models.CharField("pièce", max_length=12, choices=Kind.choices)
    filename = models.CharField(max_length=160)
    media_type = models.CharField(max_length=40)
    storage_name = models.CharField(max_length=200, unique=True, editable=False)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    expires_on = models.DateField("valable jusqu’au", null=True)
    uploaded_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "pièce"
        ordering = ("kind", "-uploaded_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(size__gt=0), name="application_document_not_empty"),
            Tenant(name="application_document_rls", read_if=BY_LINK, write_if=BY_LINK),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class Remark(models.Model):
    """What the operator asks to correct, beside the field it is about. It is open until the file is sent again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="remarks")
    field = models.CharField(max_length=60)
    text = models.CharField(max_length=600)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        verbose_name = "remarque"
        ordering = ("made_at", "id")
        constraints = (Tenant(name="remark_rls", read_if=BY_LINK),)


class Decision(models.Model):
    """One answer to an application, with its reason and what the file was worth then. Never changed."""

    class Verb(models.TextChoices):
        CORRECTION = "correction", "À compléter"
        WAITING = "waiting", "Sur liste d’attente"
        ACCEPTED = "accepted", "Acceptée"
        REFUSED = "refused", "Refusée"
        REPLACED = "replaced", "Remplacée"
        REOPENED = "reopened", "Réexaminée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="decisions")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    reason = models.TextField(max_length=1000, blank=True)
    points = models.IntegerField(null=True)
    maximum = models.IntegerField(null=True)
    submitted_at = models.DateTimeField()  # when the file that is answered was sent: what the usual delay is made of
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        verbose_name = "réponse"
        ordering = ("decided_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(verb__in=["correction", "waiting", "refused", "replaced"]) | ~Q(reason=""),
                name="decision_with_its_reason",
                violation_error_message="Cette réponse doit être motivée.",
            ),
            Tenant(name="decision_rls", read_if=BY_LINK, append_only=True),
        )


class Appeal(models.Model):
    """A refusal, examined again by somebody else: once per application."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField("qualification.Application", on_delete=models.RESTRICT, related_name="appeal")
    text = models.TextField("pourquoi revoir cette réponse", max_length=2000)
    lodged_at = models.DateTimeField()
    refused_by = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    answer = models.TextField("réponse", max_length=1000, blank=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "recours"
        ordering = ("lodged_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(refused_by__isnull=True) | ~Q(decided_by=F("refused_by")),
                name="appeal_second_person",
                violation_error_message="Une autre personne doit examiner ce recours.",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, granted__isnull=True, answer="")
                | Q(decided_at__isnull=False, granted__isnull=False) & ~Q(answer=""),
                name="appeal_answered_with_a_reason",
            ),
            Tenant(name="appeal_rls", read_if=BY_LINK, insert_if=BY_LINK + " AND decided_at IS NULL"),
        )


class Acceptance(models.Model):
    """A version of the charter or of the terms, agreed to on a day, by somebody named. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="acceptances")
    text = models.ForeignKey(LegalText, on_delete=models.RESTRICT, related_name="+")
    name = models.CharField(max_length=120)
    accepted_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        verbose_name = "acceptation"
        ordering = ("accepted_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["application", "text"], name="one_acceptance_per_text"),
            Tenant(name="acceptance_rls", read_if=BY_LINK, insert_if=BY_LINK, append_only=True),
        )


class RegisterCheck(models.Model):
    """What the official register of companies answered about a SIRET, or that it did not answer. Never changed."""

    class Outcome(models.TextChoices):
        ACTIVE = "active", "En activité"
        CLOSED = "closed", "Fermé"
        NOT_PUBLIC = "not_public", "Non diffusible"
        UNKNOWN = "unknown", "Inconnu du registre"
        AWAY = "away", "Registre indisponible"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("qualification.Application", on_delete=models.RESTRICT, related_name="checks")
    siret = models.CharField(max_length=14)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=240, blank=True)
    head_office = models.BooleanField(null=True)
    legal_code = models.CharField("nature juridique", max_length=8, blank=True)
    asked_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        verbose_name = "vérification au registre"
        ordering = ("-asked_at", "id")
        constraints = (Tenant(name="register_check_rls", read_if=BY_LINK, append_only=True),)
