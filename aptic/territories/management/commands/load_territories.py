"""Load the official geography into the database, as its owner."""

from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aptic.errors import DomainError
from aptic.territories import loading


class Command(BaseCommand):
    """`manage.py load_territories [--departement 33]… [--if-needed]`."""

    help = "Charge les communes, EPCI, départements et régions. Peut être relancée sans risque."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which communes; whether to look first."""
        parser.add_argument("--departement", action="append", metavar="CODE", help="seulement ses communes (répétable)")
        parser.add_argument("--if-needed", action="store_true", help="ne rien faire si le millésime est déjà chargé")

    def handle(self, **options: Any) -> None:
        """Load, and say how much in how long."""
        if options["if_needed"] and loading.is_current("owner"):
            return
        started = perf_counter()
        try:
            loaded = loading.load("owner", options["departement"])
        except DomainError as error:
            named = ", ".join(map(str, error.details.values()))
            raise CommandError(f"{error} ({named})") from error
        self.stdout.write(
            f"{loaded.communes} communes, {loaded.epci} EPCI, {loaded.departements} départements, "
            f"{loaded.regions} régions chargés en {perf_counter() - started:.1f} s"
        )
