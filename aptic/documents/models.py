"""Stored files: who may read them, how long they are kept. The bytes are in the file store, never here."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal
from aptic.tenancy.rls import Tenant


class DocumentQuerySet(models.QuerySet["Document"]):
    """Words for choosing documents."""

    def visible_to(self, principal: Principal) -> Self:
        """Those that the acting organisation owns or may read; all of them for the operator."""
        if principal.is_operator:
            return self
        organisation = principal.organisation_id
        return self.filter(Q(owner_id=organisation) | Q(reader_id=organisation, reader__isnull=False))

    def stored(self) -> Self:
        """Those whose bytes still exist."""
        return self.filter(deleted_at=None)


class Document(models.Model):
    """One file. `roles` empties to everybody of the owner and of the reader; `sha256` is of the clear content.

    `withheld_from` is one person who never opens it, whatever their role: they have already done their half of what
    takes two people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField("titre", max_length=160)
    owner = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    reader = models.ForeignKey(Organisation, on_delete=models.RESTRICT, null=True, related_name="+")
    roles = ArrayField(models.CharField(max_length=16), default=list)
    withheld_from = models.UUIDField(null=True, editable=False)
    filename = models.CharField(max_length=160)
    media_type = models.CharField(max_length=100)
    storage_name = models.CharField(max_length=200, unique=True, editable=False)
    encrypted = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    delete_after = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="document_owner"),
            models.Index(fields=["reader", "-created_at"], name="document_reader"),
            models.Index(
                fields=["delete_after"],
                condition=Q(deleted_at=None, delete_after__isnull=False),
                name="document_delete_after",
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(size__gte=0), name="document_size_positive"),
            models.CheckConstraint(
                condition=Q(withheld_from__isnull=True)
                | Q(created_by__isnull=True)
                | ~Q(withheld_from=F("created_by")),
                name="document_withheld_from_another",
                violation_error_message="Une autre personne doit faire ce document.",
            ),
            Tenant(name="document_rls", readers=("owner_id", "reader_id"), writers=("owner_id",)),
        )

    def __str__(self) -> str:
        return self.title
