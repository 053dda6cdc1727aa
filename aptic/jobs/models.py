"""Long work. The job's row is its truth: the broker may lose or deliver twice anything."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant


class JobQuerySet(models.QuerySet["Job"]):
    """Words for choosing jobs."""

    def visible_to(self, principal: Principal) -> Self:
        """Those of the acting organisation and those the person started; all of them for the operator."""
        if principal.is_operator:
            return self
        own = Q(created_by_id=principal.person_id) if principal.person_id else Q(pk__in=[])
        return self.filter(own | Q(organisation_id=principal.organisation_id, organisation__isnull=False))

    def live(self) -> Self:
        """Those still to be finished."""
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))


class Job(models.Model):
    """One piece of long work, its progress, and the lease of the worker that does it."""

    class State(models.TextChoices):
        """Where the work stands."""

        QUEUED = "queued", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        FAILED = "failed", "Échoué"
        CANCELLED = "cancelled", "Annulé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField("titre", max_length=160)
    params = models.JSONField(default=dict)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+")
    principal = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.CharField(max_length=200, blank=True)
    step_state = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=["organisation", "-created_at"], name="job_organisation"),
            models.Index(fields=["created_by"], name="job_created_by"),
            models.Index(fields=["queued_at"], condition=Q(state="queued"), name="job_queued"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_running"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease=None, lease_until=None)),
                name="job_running_iff_leased",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("done", "failed", "cancelled"), finished_at__isnull=False)
                | Q(state__in=("queued", "running"), finished_at=None),
                name="job_finished_iff_dated",
            ),
            models.CheckConstraint(condition=Q(done__gte=0, total__gte=0), name="job_progress_positive"),
            models.CheckConstraint(condition=Q(total=0) | Q(done__lte=F("total")), name="job_progress_within_total"),
            Tenant(
                name="job_rls",
                readers=("organisation_id",),
                writers=("organisation_id",),
                read_if="created_by_id = {person}",
                write_if="created_by_id = {person} AND organisation_id IS NULL",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        """True while there is something to wait for."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def is_finished(self) -> bool:
        """The reverse, for templates."""
        return not self.is_live

    @property
    def percent(self) -> int:
        """Progress in whole percents; 0 while the total is unknown."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def starter(self) -> Principal:
        """Who started it, and as whom it runs."""
        return Principal.from_json(self.principal)
