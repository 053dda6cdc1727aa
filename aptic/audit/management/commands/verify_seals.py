"""`python manage.py verify_seals`: has anybody changed the trail or the transfers since they were sealed?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aptic.audit.models import Seal
from aptic.audit.sealing import verify
from aptic.tenancy.principal import as_system


class Command(BaseCommand):
    """Recompute every seal from the rows and name the first that differs."""

    help = "Recalcule tous les scellés et nomme le premier qui diffère."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 with the seal's number, table and reason at the first difference."""
        with as_system():
            difference = verify()
            count = Seal.objects.count()
        if difference:
            raise CommandError(f"Scellé {difference.seal_id} ({difference.table}) : {difference.reason}.")
        self.stdout.write(f"{count} scellés vérifiés, aucun écart.")
