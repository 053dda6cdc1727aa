"""`manage.py ready`: would this installation serve? For orchestrators, before a deployment, or when in doubt."""

from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from aptic.tenancy.checks import key_faults, restore_faults, role_faults


class Command(BaseCommand):
    """Checks roles, a restore's end, keys, migrations and Valkey; exits with 1 and says what is wrong."""

    help = "Dit si l’installation peut servir : rôles, restauration terminée, clés, base à jour, Valkey."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Say « Prête. », or why not."""
        try:
            faults = [*role_faults(), *restore_faults(), *key_faults(), *self._pending()]
        except DatabaseError as error:
            faults = [f"la base de données ne répond pas comme il faut : {str(error).strip().splitlines()[0]}"]
        faults += self._valkey()
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("Prête.")

    def _pending(self) -> list[str]:
        executor = MigrationExecutor(connections["default"])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [f"{len(waiting)} migrations attendent : manage.py migrate --database=owner"] if waiting else []

    def _valkey(self) -> list[str]:
        try:
            redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2).ping()
        except (redis.RedisError, OSError) as error:
            return [f"Valkey ne répond pas : {str(error).splitlines()[0]}"]
        return []
