"""`manage.py finish_restore`: after `pg_restore`, before anything serves (docs/operations/running.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from aptic.running.restoring import finish_restore
from aptic.tenancy.checks import restore_faults


class Command(BaseCommand):
    """Works as the owner (DATABASE_OWNER_URL); may be run again."""

    help = (
        "Termine la restauration d’une sauvegarde : droits, tables à jour, numéros de transaction au-dessus des siens."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Finish, or say in one sentence why not."""
        try:
            base = finish_restore()
            faults = restore_faults()
        except DatabaseError as error:
            raise CommandError(f"la base a refusé une étape : {str(error).strip().splitlines()[0]}") from error
        if faults:
            raise CommandError(faults[0])
        numbers = "" if base is None else f" Les numéros de transaction repartent au-dessus de {base}."
        self.stdout.write(f"Restauration terminée.{numbers}")
