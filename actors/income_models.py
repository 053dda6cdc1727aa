"""What an actor declares of its income once a year: for itself alone, every version kept."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Func, IntegerField, Q

from actors.income_rules import Kind
from actors.permissions import READS_INCOME
from aptic.accounts.models import User
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal
from aptic.tenancy.rls import Tenant

MAX_CENTS = 100_000_000_000  # a billion euros: beyond, somebody forgot a comma
PARIS_YEAR = "extract(year FROM %(expressions)s AT TIME ZONE 'Europe/Paris')::int"


class IncomeDeclarationQuerySet(models.QuerySet["IncomeDeclaration"]):
    """Words for choosing declarations."""

    def visible_to(self, principal: Principal) -> Self:
        """The acting actor's, for its managers and finance; nothing for anybody else, the operator included."""
        if principal.hat != Hat.ACTOR or principal.role not in READS_INCOME:
            return self.none()
        return self.filter(actor_id=principal.organisation_id)

    def in_force(self) -> Self:
        """The last version of each year, the latest year first."""
        return self.order_by("-year", "-version").distinct("year")


def _cents(kind: Kind) -> models.BigIntegerField:
    return models.BigIntegerField(kind.label)


class IncomeDeclaration(models.Model):
    """One version of what an actor says of one calendar year, in cents by kind; passes are counted, never declared.

    A correction is a new version. The whole of it is one row, so that a year is never half declared.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField("année")
    version = models.PositiveSmallIntegerField()
    delegation_cents = _cents(Kind.DELEGATION)
    training_cents = _cents(Kind.TRAINING)
    rooms_cents = _cents(Kind.ROOMS)
    intermediation_cents = _cents(Kind.INTERMEDIATION)
    hosting_cents = _cents(Kind.HOSTING)
    engineering_cents = _cents(Kind.ENGINEERING)
    members_cents = _cents(Kind.MEMBERS)
    other_cents = _cents(Kind.OTHER)
    declared_by = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="+")
    declared_at = models.DateTimeField()

    objects = IncomeDeclarationQuerySet.as_manager()

    COLUMNS: ClassVar[dict[Kind, str]] = {kind: f"{kind}_cents" for kind in Kind}

    class Meta:
        verbose_name = "revenus déclarés"
        ordering = ("-year", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=["actor", "year", "version"],
                name="income_version_once",
                violation_error_message="Cette année vient d’être corrigée par quelqu’un d’autre.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="income_version_counts"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{kind}_cents__range": (0, MAX_CENTS)}), name=f"income_{kind}_sound"
                )
                for kind in Kind
            ),
            models.CheckConstraint(
                condition=Q(year=Func(F("declared_at"), template=PARIS_YEAR, output_field=IntegerField()) - 1),
                name="income_declared_in_time",
                violation_error_message="Une année se déclare, et se corrige, l’année suivante.",
            ),
            Tenant(
                name="income_declaration_rls",
                readers=("actor_id",),
                writers=("actor_id",),
                private=tuple(sorted(str(role) for role in READS_INCOME)),
                append_only=True,
            ),
        )

    def __str__(self) -> str:
        return f"{self.year}, version {self.version}"

    @property
    def amounts(self) -> dict[Kind, int]:
        """Cents by kind."""
        return {kind: getattr(self, column) for kind, column in self.COLUMNS.items()}

    @property
    def total_cents(self) -> int:
        """All that was declared."""
        return sum(self.amounts.values())
