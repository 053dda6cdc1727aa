"""Messages written with the work that causes them and delivered after its commit, at least once each."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant


class MessageQuerySet(models.QuerySet["Message"]):
    """Words for choosing messages."""

    def visible_to(self, principal: Principal) -> Self:
        """Those of the acting organisation; all of them for the operator."""
        return self if principal.is_operator else self.filter(organisation_id=principal.organisation_id)

    def waiting(self) -> Self:
        """Those neither delivered nor given up."""
        return self.filter(done_at=None, failed_at=None)

    def given_up(self) -> Self:
        """Those that a person must look at."""
        return self.filter(failed_at__isnull=False)


class Message(models.Model):
    """One thing to do after a commit. `due_at` is when it may be tried (again); a claim moves it forward."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    principal = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "envoi"
        ordering = ("due_at", "id")
        indexes = (
            models.Index(fields=["due_at"], condition=Q(done_at=None, failed_at=None), name="message_due"),
            models.Index(fields=["organisation", "-created_at"], name="message_organisation"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(failed_at__isnull=True), name="message_one_end"
            ),
            Tenant(
                name="message_rls",
                readers=("organisation_id",),
                writers=("organisation_id",),
                insert_if="organisation_id IS NULL",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def sender(self) -> Principal:
        """Who posted it; a handler that reads or writes rows acts as this principal."""
        return Principal.from_json(self.principal)
