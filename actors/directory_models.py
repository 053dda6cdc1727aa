"""What others say of places: a visitor's report about a site, and the entries of open data files that are imported."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aptic.documents.models import Document
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant

MESSAGE_MAX = 600
# Whoever is complained about does not answer the complaint.
FOR_ACTOR = "actor_id = {organisation} AND kind <> 'refused'"


class SiteChangeQuerySet(models.QuerySet["SiteChange"]):
    """Words for choosing reports."""

    def visible_to(self, principal: Principal) -> Self:
        """Those about the acting actor's sites, complaints apart; all of them for the operator."""
        if principal.is_operator:
            return self
        return self.filter(actor_id=principal.organisation_id).exclude(kind=SiteChange.Kind.REFUSED)

    def waiting(self) -> Self:
        """Those that nobody has answered, the oldest first."""
        return self.filter(state=SiteChange.State.OPEN).order_by("created_at", "id")


class SiteChange(models.Model):
    """A visitor says that a site is not as the directory has it. Nothing is kept of who said it.

    Its real foreign key is (site, actor), written by hand in the migration; what was said is never edited.
    """

    class Kind(models.TextChoices):
        """What is not so."""

        CLOSED = "closed", "Ce lieu est fermé ou n’existe plus"
        HOURS = "hours", "Les horaires ont changé"
        CONTACT = "contact", "Le téléphone ou l’adresse électronique ne répond pas"
        PLACE = "place", "L’adresse ou le point sur la carte est faux"
        SERVICES = "services", "Les services ne sont pas ceux-là"
        REFUSED = "refused", "On y a refusé mon pass"
        OTHER = "other", "Autre chose"

    class State(models.TextChoices):
        """Where the report stands."""

        OPEN = "open", "À traiter"
        ACCEPTED = "accepted", "Retenu"
        CLOSED = "closed", "Écarté"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("actors.Site", on_delete=models.RESTRICT, related_name="changes")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    kind = models.CharField("ce qui a changé", max_length=8, choices=Kind)
    message = models.CharField("précisions", max_length=MESSAGE_MAX, blank=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.CharField("motif", max_length=300, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = SiteChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "signalement"
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=["created_at"], condition=Q(state="open"), name="site_change_waiting"),
            models.Index(fields=["actor", "-created_at"], name="site_change_actor"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True, answer="")
                | ~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="site_change_decided_iff_dated",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(answer=""),
                name="site_change_closed_for_a_reason",
                violation_error_message="Dites pourquoi vous écartez ce signalement.",
            ),
            Tenant(
                name="site_change_rls",
                read_if=FOR_ACTOR,
                write_if=FOR_ACTOR,
                insert_if="state = 'open' AND decided_at IS NULL AND answer = ''",
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class ForOperator(models.QuerySet):
    """Rows of the operator alone."""

    def visible_to(self, principal: Principal) -> Self:
        """All of them for the operator, none for anybody else."""
        return self if principal.is_operator else self.none()


class PlaceImport(models.Model):
    """One file of places in the national schema, and what came of it. The operator's alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField("source", max_length=80)  # whose file it is: entries are told apart by it
    filename = models.CharField("fichier", max_length=160)
    document = models.ForeignKey(Document, on_delete=models.RESTRICT, related_name="+")
    annotated = models.ForeignKey(Document, on_delete=models.RESTRICT, null=True, related_name="+")
    job_id = models.UUIDField(null=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField("lignes", default=0)
    added = models.PositiveIntegerField("nouvelles", default=0)
    updated = models.PositiveIntegerField("mises à jour", default=0)
    unchanged = models.PositiveIntegerField("identiques", default=0)
    refused = models.PositiveIntegerField("à corriger", default=0)
    older = models.PositiveIntegerField("plus anciennes que le lieu", default=0)

    objects = ForOperator.as_manager()

    class Meta:
        verbose_name = "import de lieux"
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    rows=models.F("added")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("refused")
                    + models.F("older")
                ),
                name="place_import_adds_up",
            ),
            Tenant(name="place_import_rls"),
        )

    def __str__(self) -> str:
        return f"{self.source}, {self.filename}"


class PlaceImportFault(models.Model):
    """What is wrong with one cell of an imported file."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(PlaceImport, on_delete=models.RESTRICT, related_name="faults", db_index=False)
    line = models.PositiveIntegerField("ligne")  # as a spreadsheet numbers it; in JSON, the rank of the entry
    column = models.CharField("colonne", max_length=60, blank=True)
    message = models.CharField("erreur", max_length=240)

    objects = ForOperator.as_manager()

    class Meta:
        verbose_name = "erreur d’import"
        ordering = ("file", "line", "id")
        indexes = (models.Index(fields=["file", "line", "id"], name="place_import_fault_line"),)
        constraints = (Tenant(name="place_import_fault_rls"),)

    def __str__(self) -> str:
        return f"Ligne {self.line}, {self.column} : {self.message}"


class KnownPlace(models.Model):
    """An entry of somebody's open data: a place that helps with the digital world, of the network or not.

    It takes no pass by itself: the directory never shows it. The operator finds there whom to invite.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField("source", max_length=80)
    source_id = models.CharField("identifiant", max_length=120)
    pivot = models.CharField("SIRET ou RNA", max_length=14, blank=True)
    name = models.CharField("nom", max_length=200)
    search_key = models.CharField(max_length=200, editable=False)
    commune = models.ForeignKey("territories.Commune", on_delete=models.RESTRICT, related_name="+")
    departement_id = models.CharField(max_length=3)
    address = models.CharField("adresse", max_length=200)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.CharField("adresse électronique", max_length=254, blank=True)
    opening_hours = models.CharField("horaires", max_length=300, blank=True)
    services = ArrayField(models.PositiveSmallIntegerField(), default=list)
    said_on = models.DateField("mis à jour le")  # date_maj
    digest = models.CharField(max_length=64)  # of the row: an equal one changes nothing
    last_file = models.ForeignKey(PlaceImport, on_delete=models.RESTRICT, related_name="places")

    objects = ForOperator.as_manager()

    class Meta:
        verbose_name = "lieu connu"
        ordering = ("departement_id", "search_key", "id")
        indexes = (
            models.Index(fields=["departement_id", "search_key", "id"], name="known_place_departement"),
            models.Index(fields=["said_on"], name="known_place_said_on"),
        )
        constraints = (
            models.UniqueConstraint(fields=["source", "source_id"], name="one_known_place_per_entry"),
            Tenant(name="known_place_rls"),
        )

    def __str__(self) -> str:
        return self.name
