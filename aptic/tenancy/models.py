"""Organisations, the tenants of the scheme, and the row that says what this installation is."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from aptic.tenancy.principal import Hat, Principal
from aptic.tenancy.rls import Tenant
from aptic.text import search_key


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Words for choosing organisations. Names are public in the scheme; what is private lives in other tables."""

    def visible_to(self, principal: Principal) -> Self:
        """All of them: the directory of who takes part is public."""
        return self

    def with_hat(self, hat: Hat) -> Self:
        """Those that wear `hat`."""
        return self.filter(**{f"is_{hat.value}": True})

    def search(self, text: str) -> Self:
        """Those whose name starts with `text`, whatever the accents."""
        return self.filter(search_key__startswith=search_key(text))


class Organisation(models.Model):
    """A tenant; it may wear several hats. Money, sites and staff hang on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nom", max_length=160)
    search_key = models.CharField(max_length=160, editable=False, db_index=True)
    siret = models.CharField("SIRET", max_length=14, null=True, blank=True, unique=True)
    commune = models.ForeignKey(
        "territories.Commune", on_delete=models.RESTRICT, null=True, blank=True, verbose_name="commune"
    )
    address = models.CharField("adresse", max_length=200, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    is_operator = models.BooleanField(default=False)
    is_funder = models.BooleanField(default=False)
    is_distributor = models.BooleanField(default=False)
    is_actor = models.BooleanField(default=False)
    is_hub = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        ordering = ("search_key", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["is_operator"],
                condition=Q(is_operator=True),
                name="one_operator",
                violation_error_message="Il n’y a qu’un opérateur par installation.",
            ),
            models.CheckConstraint(
                condition=Q(siret__isnull=True) | Q(siret__regex=r"^\d{14}$"), name="organisation_siret_digits"
            ),
            Tenant(name="organisation_rls", read_if="true"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search key true to the name."""
        self.search_key = search_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def hats(self) -> list[Hat]:
        """The hats this organisation wears, the operator's first."""
        return [hat for hat in Hat if hat != Hat.PUBLIC and getattr(self, f"is_{hat.value}")]


class Installation(models.Model):
    """One row: is this a demonstration, and do the code keys match those that printed the passes?"""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    demonstration = models.BooleanField(default=False)
    code_key_check = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_installation"),)
