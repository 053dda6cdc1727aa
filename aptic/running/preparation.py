"""What stands between a started server and the first page: tables, geography, demonstration, static files.

Each step first asks whether it is needed, so that a second start takes a moment.
"""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from aptic.embedded.process import CannotStart
from aptic.keys import fingerprint, read_ring
from aptic.running.environment import say
from aptic.tenancy.checks import key_faults, restore_faults, role_faults
from aptic.tenancy.demonstration import forget_demonstration

OWNER = "owner"
UNUSED_STATIC = ("rest_framework", "htmax-*", "htmx-4*", "ext", "*.map", ".installed")  # of libraries; no page asks


def prepare_installation(*, demonstration: bool) -> None:
    """Bring tables, reference data and static files up to date, after checking roles and keys.

    Raises CannotStart with the first thing that is wrong.
    """
    with ThreadPoolExecutor(1) as beside:  # compressing leaves the interpreter free for the tables
        files = beside.submit(collect_static_files)
        bring_tables_up_to_date()
        faults = [
            fault for alias in (DEFAULT_DB_ALIAS, "system") for fault in (*role_faults(alias), *restore_faults(alias))
        ]
        faults += key_faults()
        if faults:
            raise CannotStart(faults[0])
        remember_keys()
        load_geography()
        files.result()
    if not apps.get_model("tenancy", "Organisation").objects.exists():
        begin(demonstration=demonstration)


def bring_tables_up_to_date() -> None:
    """Apply, as the owner, the migrations that are missing."""
    executor = MigrationExecutor(connections[OWNER])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        say(f"Mise à jour de la base ({len(waiting)} étapes)…")
        call_command("migrate", database=OWNER, verbosity=0, interactive=False)


def remember_keys() -> None:
    """Note in the database which code keys print its passes, the first time; only the owner may."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "UPDATE tenancy_installation SET code_key_check = %s WHERE id = 1 AND code_key_check = ''",
            [fingerprint(read_ring(settings.CODE_KEYS))],
        )


def load_geography() -> None:
    """Load communes, EPCI, départements and régions into an empty database."""
    if "load_territories" not in get_commands() or apps.get_model("territories", "Commune").objects.exists():
        return
    say("Chargement de la géographie officielle (une fois)…")
    call_command("load_territories", verbosity=0)


def begin(*, demonstration: bool) -> None:
    """Play the demonstration into the empty database, or leave it empty and say that it is nobody's demonstration."""
    if not demonstration:
        forget_demonstration()
        (settings.VAR / "demo-logins.txt").unlink(missing_ok=True)
        return
    say("Préparation de la démonstration (une fois, moins d’une minute)…")
    call_command("seed_demo", verbosity=1)


def collect_static_files() -> None:
    """Gather and compress static files when one of them changed since the last time."""
    stamp, wanted = Path(settings.STATIC_ROOT) / ".sources", _static_fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("Préparation des fichiers statiques…")
    try:
        call_command(
            "collectstatic", interactive=False, verbosity=0, ignore_patterns=[*UNUSED_STATIC], stderr=io.StringIO()
        )
    except (ImproperlyConfigured, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"les fichiers statiques ne peuvent pas être préparés : {reason}") from error
    stamp.write_text(wanted)


def _static_fingerprint() -> str:
    """A digest of every source's path, size and date."""
    seen = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            seen.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()


def close_connections() -> None:
    """The supervisor keeps no connection."""
    for alias in (DEFAULT_DB_ALIAS, OWNER, "system"):
        connections[alias].close()
