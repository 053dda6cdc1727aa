"""A backup restored on another server, by the commands of docs/operations/running.md: books, seals and grants go on.

There PostgreSQL counts transactions from the start again, and tables are made where default grants may stand already.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from aptic.audit import sealing
from aptic.embedded.postgres import Postgres
from aptic.ledger.balances import balance, close_books
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import compare
from aptic.tenancy.checks import refuse_unsafe_serving, restore_faults, role_faults
from aptic.tenancy.principal import acting, as_system
from aptic.xid import horizon
from tests.factories import OPERATOR, make_campaign, make_operator, make_paid_line
from tests.horizon import horizon_passes
from tests.servers import BASE, SERVERS

pytestmark = pytest.mark.pg15

# A server that has lived: its transactions have higher numbers than those of a new one.
LIVED = "DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
GRANTS = """
SELECT object, grantee.rolname, privilege_type FROM (
  SELECT c.oid::regclass::text, c.relacl FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT attrelid::regclass || '.' || attname, attacl FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
   WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'schema', nspacl FROM pg_namespace WHERE nspname = 'public'
  UNION ALL SELECT 'database', datacl FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT concat('default ', defaclobjtype, ' ', defaclnamespace::regnamespace), defaclacl FROM pg_default_acl
) found(object, acl) CROSS JOIN LATERAL aclexplode(acl) LEFT JOIN pg_roles grantee ON grantee.oid = aclexplode.grantee
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Postgres]:
    """A new server, of the same version."""
    server = Postgres(tmp_path / "other", binaries=SERVERS.postgres.binaries)
    server.start()
    server.wait()
    yield server
    server.stop()


@contextmanager
def working_on(server: Postgres, database: str) -> Iterator[None]:
    """Every connection opens that database, on that server."""
    before = {alias: dict(connections.settings[alias]) for alias in connections}
    try:
        for alias in connections:
            connections[alias].close()
            connections.settings[alias] |= {"HOST": str(server.sockets), "NAME": database}
        yield
    finally:
        for alias in connections:
            connections[alias].close()
            connections.settings[alias].update(before[alias])


def run(program: str, *arguments: str) -> None:
    subprocess.run([str(SERVERS.postgres.binaries / program), *arguments], check=True, capture_output=True, timeout=120)


def commands() -> list[str]:
    """What the page says to type, without what stands before a command or is a placeholder."""
    text = (BASE / "docs" / "operations" / "running.md").read_text().split("## Backing up and restoring")[1]
    return [line.strip() for line in text.split("\n## ")[0].splitlines() if line.startswith("    ")]


def prepare(server: Postgres, monkeypatch: Any, *options: str) -> None:
    monkeypatch.setenv("DATABASE_ADMIN_URL", server.url("postgres", "postgres"))
    call_command("prepare_database", *options, verbosity=0)


def grants(server: Postgres, database: str) -> set[tuple[str, ...]]:
    with server.connect(database=database) as admin:
        return set(admin.execute(GRANTS).fetchall())


def backup(fresh_database: Any, tmp_path: Path) -> str:
    file = str(tmp_path / "backup.dump")
    run("pg_dump", "-Fc", "-d", SERVERS.postgres.url("aptic_owner", fresh_database.name), "-f", file)
    return file


def test_a_restored_database_goes_on_where_the_backup_stopped(fresh_database, other, tmp_path, monkeypatch):
    with fresh_database.admin() as admin:
        admin.execute(LIVED)
    operator = make_operator()
    line = make_paid_line(make_campaign(), cents=100_000, operator=operator)
    with acting(OPERATOR):
        safe = Account.objects.get(purse=line.account.purse, kind=AccountKind.SAFEGUARDED)
    horizon_passes()
    with as_system():
        close_books()
        sealing.seal()
        reached = horizon()
    make_paid_line(line.campaign, cents=20_000, operator=operator)  # neither closed nor sealed yet
    file = backup(fresh_database, tmp_path)
    before = grants(SERVERS.postgres, fresh_database.name)

    prepare(other, monkeypatch, "--for-restore")
    run("pg_restore", "--exit-on-error", "--no-owner", "-d", other.url("aptic_owner"), file)
    with working_on(other, "aptic"):
        assert horizon() < reached
        (fault,) = restore_faults()
        assert "finish_restore" in fault
        with pytest.raises(SystemExit, match=r"^Aptic refuse de servir : cette base vient d’une sauvegarde"):
            refuse_unsafe_serving()
        with pytest.raises(CommandError, match="finish_restore"):
            call_command("ready")
        call_command("finish_restore")
        assert [*role_faults(), *role_faults("system"), *restore_faults(), *restore_faults("system")] == []
        assert grants(other, "aptic") == before
        make_paid_line(line.campaign, cents=3_000, operator=operator)
        horizon_passes()
        with as_system():
            assert balance(safe) == 123_000
            assert {made.table for made in sealing.seal()} == {"audit_event", "ledger_transfer"}
            close_books()
            assert balance(safe) == 123_000
            assert (compare()[1], sealing.verify()) == ([], None)
        base = asked("SELECT aptic_xid_base()")
        assert base >= reached
        call_command("finish_restore")  # a second time, nothing is to do
        assert asked("SELECT aptic_xid_base()") == base


def asked(sql: str) -> Any:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_a_backup_restored_over_default_grants_is_refused(fresh_database, other, tmp_path, monkeypatch):
    """The habit: prepare the database, then restore into it. Each table adds the default grants to its own."""
    file = backup(fresh_database, tmp_path)
    prepare(other, monkeypatch)
    with pytest.raises(CommandError, match="base neuve"):
        prepare(other, monkeypatch, "--for-restore")
    run("pg_restore", "--exit-on-error", "--no-owner", "-d", other.url("aptic_owner"), file)
    with working_on(other, "aptic"):
        for alias in ("default", "system"):
            assert "prepare_database --for-restore" in restore_faults(alias)[0]
        with pytest.raises(CommandError, match="base neuve et sans droits"):
            call_command("finish_restore")


def test_the_page_says_these_commands():
    """What the tests above do is what an operator reads."""
    said = "\n".join(commands())
    for command in (
        r"pg_dump -Fc -d .+ -f backup\.dump",
        r"manage\.py prepare_database --for-restore",
        r"pg_restore --exit-on-error --no-owner -d .+ backup\.dump",
        r"manage\.py finish_restore",
        r"manage\.py prepare_installation",
        r"manage\.py ready",
        r"manage\.py verify_seals",
    ):
        assert re.search(command, said), command


def test_a_database_that_was_never_restored_has_nothing_to_finish(fresh_database):
    make_paid_line(make_campaign(), cents=1_000)
    horizon_passes()
    with as_system():
        close_books()
        sealing.seal()
    with acting(OPERATOR):
        make_paid_line(make_campaign(), cents=1_000)
        assert restore_faults() == []  # what this transaction wrote itself is not ahead of it
    assert restore_faults() == []
    call_command("finish_restore")
    assert asked("SELECT aptic_xid_base()") == 0


def test_nobody_who_serves_moves_the_base(fresh_database):
    for alias in ("default", "system"):
        with (
            fresh_database.connect(alias) as serving,
            pytest.raises(Exception, match="permission denied for schema public"),
        ):
            serving.execute(
                "CREATE OR REPLACE FUNCTION aptic_xid_base() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 9::bigint"
            )


def test_a_new_number_costs_one_addition(fresh_database):
    """The planner has put the functions into the expression: no call is left on the way of a transfer."""
    with fresh_database.connect() as serving:
        plan = serving.execute("EXPLAIN (VERBOSE) SELECT aptic_xid(), aptic_horizon()").fetchall()
    assert not [line for (line,) in plan if "aptic_" in line]
