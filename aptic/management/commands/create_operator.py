"""`manage.py create_operator`: who runs this installation, and the link by which its first manager comes in."""

import argparse
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import DatabaseError
from django.urls import reverse

from aptic.accounts import opening, rules
from aptic.errors import DomainError
from aptic.tenancy.checks import key_faults, role_faults
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting

LONGEST: int = Organisation._meta.get_field("name").max_length  # type: ignore[assignment]


def email(typed: str) -> str:
    """An address, as people write it."""
    try:
        validate_email(typed.strip())
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"« {typed} » n’est pas une adresse électronique.") from error
    return typed.strip().lower()


def name(typed: str) -> str:
    """The name of an organisation."""
    if not 1 <= len(typed.strip()) <= LONGEST:
        raise argparse.ArgumentTypeError(f"le nom compte de 1 à {LONGEST} caractères.")
    return typed.strip()


class Command(BaseCommand):
    """Works as `aptic_app`, on the tables that `prepare_installation` made; once in the life of an installation."""

    help = "Crée l’opérateur de cette installation et invite son premier responsable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """Who the operator is, and who comes first."""
        parser.add_argument("--name", type=name, help="nom de l’opérateur")
        parser.add_argument("--siret", help="son SIRET, avec ou sans espaces")
        parser.add_argument("--email", type=email, required=True, help="adresse de son premier responsable")
        parser.add_argument("--contact", type=email, help="où arrivent les réponses (par défaut : --email)")
        parser.add_argument(
            "--again", action="store_true", help="un nouveau lien, tant que personne n’a rejoint l’opérateur"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link, or say in one sentence why not."""
        if not options["again"] and not (options["name"] and options["siret"]):
            raise CommandError("Donnez le nom et le SIRET de l’opérateur : --name et --siret.")
        try:
            if faults := [*role_faults(), *key_faults()]:
                raise CommandError(faults[0])
            with acting(Principal(hat=Hat.OPERATOR)):
                operator, token = self._open(options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.text} {refusal.next_step}".strip()) from refusal
        except DatabaseError as error:
            raise CommandError(f"la base a refusé : {str(error).strip().splitlines()[0]}") from error
        link = settings.PUBLIC_URL + reverse("accept_invitation", args=[token])
        self.stdout.write(
            f"{operator.name} est l’opérateur de cette installation.\n"
            f"Ce lien, valable {rules.INVITATION_LIFETIME.days} jours, ouvre le compte de {options['email']}. "
            f"Il part aussi par courrier électronique :\n{link}"
        )

    def _open(self, options: dict[str, Any]) -> tuple[Organisation, str]:
        if options["again"]:
            return opening.invite_again(manager_email=options["email"])
        return opening.create_operator(
            name=options["name"], siret=options["siret"], manager_email=options["email"], email=options["contact"] or ""
        )
