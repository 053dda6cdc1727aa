"""Local parcours under the services of the standard: added by the operator, never removed, offered or not."""

from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify

from aptic.audit.services import record
from aptic.errors import DomainError, NotAllowed
from aptic.tenancy.principal import current
from aptic.vocabulary.models import Service


class InvalidParcours(DomainError):
    """It has a name of its own, a sentence for citizens, and stands under a service of the standard."""

    code = "invalid_parcours"
    message = "Ce parcours existe déjà, ou ne se rattache à aucun service du standard."


@transaction.atomic
def add_parcours(*, parent: Service, name: str, description: str) -> Service:
    """A finer service of this installation, under one of the nine. Raises NotAllowed and InvalidParcours."""
    _check_operator()
    slug = slugify(name)[:60]
    if not slug or not description.strip():
        raise InvalidParcours("Écrivez un nom et une phrase pour les habitants.", field="name")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            values = (parent.pk, slug, name.strip(), description.strip())
            cursor.execute("SELECT vocabulary_add_parcours(%s, %s, %s, %s)", values)
            made = Service.objects.get(pk=cursor.fetchone()[0])
    except IntegrityError as error:
        raise InvalidParcours(field="name") from error
    record(verb="parcours_added", target=made)
    return made


@transaction.atomic
def offer_parcours(*, parcours: Service, offered: bool) -> None:
    """Offer a parcours or no longer; what was redeemed under it keeps its name. Raises NotAllowed, InvalidParcours."""
    _check_operator()
    with connection.cursor() as cursor:
        cursor.execute("SELECT vocabulary_offer_parcours(%s, %s)", [parcours.pk, offered])
        if not cursor.fetchone()[0]:
            raise InvalidParcours("Un service du standard national ne se retire pas.")
    record(verb="parcours_offered" if offered else "parcours_retired", target=parcours, fields=("active",))


def _check_operator() -> None:
    if not current().is_operator:
        raise NotAllowed
