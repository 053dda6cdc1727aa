"""Refuse models without their migration, and migrations that would stop the version in service."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command
from django.db import connections
from django_migration_linter import MigrationLinter

from tests.servers import SERVERS

OURS = ("tenancy", "territories", "vocabulary", "accounts", "audit", "outbox", "jobs", "documents", "ledger",
        "actors", "funders", "qualification", "passes", "impact")  # fmt: skip

FIRST_NUMBER = 10  # what comes before makes the tables of the first release: no older version is in service beside it


def first_release() -> list[str]:
    """The names of the migrations that the first release is made of."""
    paths = Path(__file__).resolve().parents[1].glob("**/migrations/[0-9]*.py")
    return [path.stem for path in paths if ".venv" not in path.parts and int(path.stem[:4]) < FIRST_NUMBER]


def main() -> int:
    """0 when nothing is missing and nothing is dangerous."""
    SERVERS.use()
    name = f"test_lint_{os.getpid()}"
    try:
        SERVERS.create(name, template="template0")
        django.setup()
        for alias in connections:
            connections.settings[alias]["NAME"] = name
        call_command("makemigrations", check=True, dry_run=True)
        linter = MigrationLinter(
            str(SERVERS.folder),
            database="owner",
            include_apps=OURS,
            ignore_name=first_release(),
            quiet=["ok", "ignore"],
        )
        linter.lint_all_migrations()
        linter.print_summary()
        return int(linter.has_errors)
    finally:
        connections.close_all()
        SERVERS.drop(name)
        SERVERS.leave()


if __name__ == "__main__":
    sys.exit(main())
