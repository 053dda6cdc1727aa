"""A hub (tête de réseau): the territory it reads, who lets it read amounts, its plan, and three things that it reads.

What it reads of others are views over functions of migration 0010, which answer to the hub that acts and to nobody
else: no policy of another table knows of hubs. An amount is in them only while its owner's consent lives.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import Count, F, Q

from aptic.ledger.models import ByTenant
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.tenancy.rls import Tenant


class RemitQuerySet(models.QuerySet["Remit"]):
    """Words for choosing remits. Who reads where is public."""

    def live(self) -> Self:
        """Those that the operator has not taken back."""
        return self.filter(closed_at=None)

    def of(self, hub: uuid.UUID | None) -> Self:
        """Those of one hub, the last first."""
        return self.filter(hub_id=hub).order_by("-opened_at", "id")


class Remit(models.Model):
    """The territory that a hub reads, from the day the operator gives it until the day it takes it back.

    Everybody may read who reads where. Only its end is ever written, once: grants and a policy of migration 0010.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hub = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="remits")
    territory = models.CharField("territoire", max_length=24)
    opened_at = models.DateTimeField("confié le")
    opened_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField("repris le", null=True)
    closed_by = models.UUIDField(null=True)

    objects = RemitQuerySet.as_manager()

    class Meta:
        verbose_name = "territoire confié"
        ordering = ("-opened_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["hub"],
                condition=Q(closed_at__isnull=True),
                name="one_live_remit_per_hub",
                violation_error_message="Cette tête de réseau a déjà un territoire.",
            ),
            models.UniqueConstraint(fields=["id", "hub"], name="remit_of_hub"),
            models.CheckConstraint(
                condition=Q(territory__regex=r"^(commune|epci|departement|region):"), name="remit_of_a_level"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="remit_closed_after_it_opened",
            ),
            Tenant(name="remit_rls", read_if="true"),
        )


class ConsentQuerySet(ByTenant):
    """Words for choosing consents: those given to the acting hub, or by the acting organisation."""

    reader_columns = ("hub_id", "organisation_id")

    def live(self) -> Self:
        """Neither withdrawn, nor given for a territory that was taken back."""
        return self.filter(withdrawn_at=None, remit__closed_at=None)


class Consent(models.Model):
    """An actor, or a funder, lets one hub read its amounts, for as long as it reads this territory.

    Given and withdrawn by its own managers alone, the operator excluded; never deleted. A second time is a second row.
    """

    class Side(models.TextChoices):
        ACTOR = Hat.ACTOR.value, "Acteur"
        FUNDER = Hat.FUNDER.value, "Commanditaire"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    remit = models.ForeignKey(Remit, on_delete=models.RESTRICT, related_name="consents")
    hub = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="hub_consents")
    side = models.CharField(max_length=8, choices=Side.choices)
    given_at = models.DateTimeField("donné le")
    given_by = models.UUIDField()
    withdrawn_at = models.DateTimeField("retiré le", null=True)
    withdrawn_by = models.UUIDField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "accord"
        ordering = ("-given_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["remit", "organisation", "side"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_live_consent",
            ),
            models.CheckConstraint(condition=Q(side__in=["actor", "funder"]), name="consent_side_known"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__gte=F("given_at"), withdrawn_by__isnull=False),
                name="consent_withdrawn_by_somebody",
            ),
            Tenant(name="consent_rls", readers=("hub_id", "organisation_id"), writers=("organisation_id",)),
        )


class ByHub(ByTenant):
    """Rows of the acting hub, or all of them for the operator."""

    reader_columns = ("hub_id",)


class PlanQuerySet(ByHub):
    """Words for choosing plans."""

    def live(self) -> Self:
        """Those that nobody has closed."""
        return self.filter(ended_at=None)


class Plan(models.Model):
    """How a territory becomes operational: a diagnosis, a day that is aimed at, tasks; one at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    remit = models.ForeignKey(Remit, on_delete=models.RESTRICT, related_name="plans")
    hub = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    diagnosis = models.TextField("diagnostic", max_length=4000, blank=True)
    aimed_on = models.DateField("opérationnel le (visé)", null=True)
    reached_on = models.DateField("opérationnel depuis le", null=True)
    begun_at = models.DateTimeField()
    begun_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "plan"
        ordering = ("-begun_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["remit"],
                condition=Q(ended_at__isnull=True),
                name="one_live_plan",
                violation_error_message="Un plan est déjà ouvert pour ce territoire.",
            ),
            models.UniqueConstraint(fields=["id", "hub"], name="plan_of_hub"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("begun_at")), name="plan_ended_after_it_began"
            ),
            Tenant(name="plan_rls", readers=("hub_id",), writers=("hub_id",)),
        )


class PlanTaskQuerySet(ByHub):
    """Words for choosing tasks."""

    def counted(self) -> dict[str, tuple[int, int]]:
        """(done, all) of each step that has a task. One query."""
        rows = self.order_by().values("step").annotate(ticked=Count("pk", filter=Q(done=True)), whole=Count("pk"))
        return {row["step"]: (row["ticked"], row["whole"]) for row in rows}


class PlanTask(models.Model):
    """One thing to do, by somebody, by a day. `marked_*`: who ticked it last, or took the tick back; the trail has all.

    `gap` names what coverage said was missing when the task was proposed; each is proposed once.
    """

    class Step(models.TextChoices):
        DIAGNOSIS = "diagnosis", "Diagnostic"
        ACTORS = "actors", "Acteurs"
        FUNDERS = "funders", "Commanditaires"
        OPENING = "opening", "Ouverture"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.RESTRICT, related_name="tasks")
    hub = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    step = models.CharField("étape", max_length=10, choices=Step.choices)
    text = models.CharField("ce qu’il faut faire", max_length=200)
    note = models.CharField("ce qu’il faut savoir", max_length=300, blank=True)
    who = models.CharField("par qui", max_length=120, blank=True)
    due_on = models.DateField("avant le", null=True)
    gap = models.CharField(max_length=12, blank=True)
    done = models.BooleanField(default=False)
    marked_at = models.DateTimeField(null=True)
    marked_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    objects = PlanTaskQuerySet.as_manager()

    class Meta:
        verbose_name = "tâche"
        ordering = ("done", F("due_on").asc(nulls_last=True), "created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["plan", "gap"], condition=~Q(gap=""), name="one_task_per_gap"),
            models.CheckConstraint(
                condition=Q(step__in=["diagnosis", "actors", "funders", "opening"]), name="plan_task_step_known"
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="plan_task_says_something",
                violation_error_message="Écrivez ce qu’il faut faire.",
            ),
            models.CheckConstraint(
                condition=Q(marked_at__isnull=True, marked_by__isnull=True, done=False)
                | Q(marked_at__isnull=False, marked_by__isnull=False),
                name="plan_task_marked_by_somebody",
            ),
            Tenant(name="plan_task_rls", readers=("hub_id",), writers=("hub_id",)),
        )

    def __str__(self) -> str:
        return self.text


class HubApplication(models.Model):
    """An application in the acting hub's territory: who, where, its state, its dates. Nothing of its file."""

    id = models.UUIDField(primary_key=True)
    organisation_name = models.CharField(max_length=160)
    kind = models.CharField(max_length=7)
    state = models.CharField(max_length=10)
    commune = models.CharField(max_length=60)
    sites = models.IntegerField()
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = models.Manager()

    class Meta:
        managed = False
        db_table = "qualification_hubapplication"
        verbose_name = "candidature du territoire"
        ordering = ("-submitted_at", "id")


class HubCampaign(models.Model):
    """An operation on the acting hub's territory, with its funder; amounts are null unless the funder consents."""

    id = models.UUIDField(primary_key=True)
    funder_id = models.UUIDField()
    funder_name = models.CharField(max_length=160)
    search_key = models.CharField(max_length=160)  # of the funder
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8)
    starts_on = models.DateField()
    ends_on = models.DateField()
    passes = models.BigIntegerField()
    consented = models.BooleanField()
    face_value_cents = models.IntegerField(null=True)
    issued_cents = models.BigIntegerField(null=True)

    objects = models.Manager()

    class Meta:
        managed = False
        db_table = "qualification_hubcampaign"
        verbose_name = "opération du territoire"
        ordering = ("search_key", "-starts_on", "id")
