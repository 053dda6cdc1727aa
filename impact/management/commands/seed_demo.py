"""`python manage.py seed_demo`: play the demonstration into an empty database, once."""

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aptic.errors import DomainError
from impact.demonstration.story import seed


class Command(BaseCommand):
    """Fourteen months of a fictitious scheme in Gironde; refused beside real data."""

    help = "Joue la démonstration dans une base vide ; refuse à côté de vraies données."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One switch, for tests and hurried people."""
        parser.add_argument("--scale", type=float, default=0.4, help="part du nombre de carnets (0,4 par défaut)")

    def handle(self, **options: Any) -> None:
        """Play, then say how long it took."""
        began = time.monotonic()
        try:
            stage = seed(scale=options["scale"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.text} {refusal.next_step}") from refusal
        if options["verbosity"]:
            seconds = time.monotonic() - began
            self.stdout.write(f"Démonstration prête en {seconds:.0f} s : {stage.redeemed} pass encaissés.")
