"""`python manage.py verify_seals`: has anybody changed the trail or the transfers since they were sealed?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aptic.audit.sealing import check
from aptic.tenancy.principal import as_system


class Command(BaseCommand):
    """What the nightly job does, without the letters: its result is kept too."""

    help = "Recalcule tous les scellés et nomme le premier qui diffère."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 with the seal's number, table and reason at the first difference."""
        with as_system():
            found = check()
        if found.reason:
            raise CommandError(f"{found}.")
        self.stdout.write(f"{found}.")
