"""`manage.py prepare_installation`: what `make run` does between the servers and the first page, for a deployment."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from aptic.embedded.process import CannotStart
from aptic.running.preparation import prepare_installation


class Command(BaseCommand):
    """Needs the three addresses: the owner migrates, the two others are checked."""

    help = "Met la base à jour, charge la géographie, prépare les fichiers statiques, vérifie rôles et clés."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """One switch: the demonstration."""
        parser.add_argument("--demonstration", action="store_true", help="jouer la démonstration dans une base vide")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, or say in one sentence why not."""
        try:
            prepare_installation(demonstration=options["demonstration"])
        except CannotStart as problem:
            raise CommandError(str(problem)) from problem
        except DatabaseError as error:
            raise CommandError(f"la base a refusé une étape : {str(error).strip().splitlines()[0]}") from error
        self.stdout.write("Installation à jour.")
