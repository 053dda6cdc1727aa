"""`manage.py prepare_database`: the three roles, the database and the grants on somebody's own PostgreSQL."""

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError

from aptic.embedded.prepare import prepare, prepare_empty


class Command(BaseCommand):
    """Needs DATABASE_ADMIN_URL, a superuser's address, used here and nowhere else; may be run again."""

    help = "Prépare votre PostgreSQL : rôles, base et droits (DATABASE_ADMIN_URL = un superutilisateur)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """The name of the database, and what it is for."""
        parser.add_argument("--database", default="aptic", help="nom de la base à préparer (aptic)")
        parser.add_argument(
            "--for-restore", action="store_true", help="une base neuve et sans droits, pour y restaurer une sauvegarde"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, or say in one sentence why not."""
        url = urlsplit(os.environ.get("DATABASE_ADMIN_URL", ""))
        if url.scheme not in ("postgres", "postgresql"):
            raise CommandError("Donnez DATABASE_ADMIN_URL, l’adresse d’un superutilisateur : postgres://…")

        def connect(name: str) -> psycopg.Connection:
            return psycopg.connect(urlunsplit(url._replace(path=f"/{name}")), autocommit=True, connect_timeout=5)

        try:
            (prepare_empty if options["for_restore"] else prepare)(connect, database=options["database"])
        except psycopg.errors.DuplicateDatabase as error:
            raise CommandError(
                f"La base « {options['database']} » existe déjà : une sauvegarde se restaure dans une base neuve. "
                "Supprimez celle-ci (DROP DATABASE), ou donnez un autre nom (--database)."
            ) from error
        except psycopg.Error as error:
            raise CommandError(f"PostgreSQL a refusé : {str(error).strip().splitlines()[-1]}") from error
        self.stdout.write(
            f"La base « {options['database']} » et les rôles aptic_owner, aptic_app et aptic_system sont prêts. "
            "Donnez un mot de passe à chacun : ALTER ROLE aptic_app PASSWORD '…'."
        )
