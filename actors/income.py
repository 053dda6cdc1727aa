"""Declaring a year of income, and correcting it until the end of the year after: the actor's own people alone."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from actors.income_models import IncomeDeclaration
from actors.income_rules import Kind, open_year
from actors.permissions import READS_INCOME
from aptic.audit.services import record
from aptic.errors import DomainError, NotAllowed
from aptic.tenancy.principal import Hat, current


class YearClosed(DomainError):
    """A year is declared and corrected during the one that follows it."""

    code = "year_closed"
    status = 409
    message = "Cette année ne se déclare pas aujourd’hui : une année se déclare, et se corrige, pendant la suivante."
    next_step = "Revenez à vos revenus : ils disent quelle année se déclare."


class IncomeChanged(DomainError):
    """Somebody else declared or corrected the year meanwhile."""

    code = "income_changed"
    status = 409
    message = "Une autre personne vient d’enregistrer cette année."
    next_step = "Vos montants sont encore là : comparez avec la dernière version, puis enregistrez de nouveau."


@transaction.atomic
def declare_income(
    *, year: int, amounts: Mapping[Kind, int], after: int = 0, at: datetime | None = None
) -> IncomeDeclaration:
    """The acting actor declares `year`, in cents by kind; a kind that is not named brought nothing.

    `after` is the version that the person saw (0: none yet). The same amounts again make no new version. The trail says
    that a year was declared, never how much.

    Raises NotAllowed, YearClosed and IncomeChanged.
    """
    principal, now = current(), at or timezone.now()
    actor_id, person_id = principal.organisation_id, principal.person_id
    if principal.hat != Hat.ACTOR or principal.role not in READS_INCOME or actor_id is None or person_id is None:
        raise NotAllowed
    if year != open_year(timezone.localdate(now)):
        raise YearClosed
    columns = {column: amounts.get(kind, 0) for kind, column in IncomeDeclaration.COLUMNS.items()}
    former = last_of(year)
    if former is not None and after == former.version and former.amounts == _by_kind(columns):
        return former
    if (former.version if former else 0) != after:
        raise IncomeChanged
    declaration = IncomeDeclaration(
        actor_id=actor_id,
        year=year,
        version=after + 1,
        declared_by_id=person_id,
        declared_at=now,
        **columns,
    )
    _insert(declaration)
    verb = "income_corrected" if after else "income_declared"
    record(verb=verb, target=declaration, fields=("amounts",))
    return declaration


def last_of(year: int) -> IncomeDeclaration | None:
    """The version in force of one year, as whoever acts may see it."""
    return IncomeDeclaration.objects.visible_to(current()).filter(year=year).order_by("-version").first()


def versions_of(years: list[int]) -> dict[int, list[IncomeDeclaration]]:
    """Every version of these years with who wrote it, the latest first. One query."""
    found: dict[int, list[IncomeDeclaration]] = {year: [] for year in years}
    rows = IncomeDeclaration.objects.visible_to(current()).filter(year__in=years).select_related("declared_by")
    for one in rows.order_by("-year", "-version"):
        found[one.year].append(one)
    return found


def _insert(declaration: IncomeDeclaration) -> None:
    """Two people at once: the second learns it and loses nothing."""
    try:
        with transaction.atomic():
            declaration.save(force_insert=True)
    except IntegrityError as error:
        if "income_version_once" in str(error):
            raise IncomeChanged from error
        raise


def _by_kind(columns: Mapping[str, int]) -> dict[Kind, int]:
    return {kind: columns[column] for kind, column in IncomeDeclaration.COLUMNS.items()}
