"""The PostgreSQL and the Valkey of a test run: started once, shared by its workers and by runs beside it.

A run holds a shared lock on the folder for as long as it lasts; whoever finds itself alone at the end stops the
servers. The owner migrates a template once per state of the migrations; every worker clones it.
"""

import fcntl
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from aptic.embedded.postgres import Postgres
from aptic.embedded.prepare import prepare_grants, prepare_roles
from aptic.embedded.valkey import Valkey

BASE = Path(__file__).resolve().parents[1]
VALKEY_DATABASES = 4096
ROLES = {"default": "aptic_app", "owner": "aptic_owner", "system": "aptic_system"}
APPS = ("aptic", "actors", "funders", "qualification", "passes", "impact")


class Servers:
    """Both servers in one folder under the system's temporary one."""

    def __init__(self) -> None:
        binaries = os.environ.get("APTIC_TEST_POSTGRES", "")
        name = hashlib.sha256(f"{BASE} {binaries}".encode()).hexdigest()[:8]
        self.folder = Path(tempfile.gettempdir()) / f"aptic-tests-{os.geteuid()}-{name}"
        self.folder.mkdir(mode=0o711, exist_ok=True)
        self.postgres = Postgres(self.folder, binaries=Path(binaries) if binaries else None)
        self.valkey = Valkey(self.folder, databases=VALKEY_DATABASES)
        self._users: IO[str] | None = None
        # Making a database and dropping one is waiting for the disk: meanwhile tests go on.
        self._making, self._dropping = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._spare: Future[str] | None = None
        self._drops: list[Future[None]] = []

    def environment(self) -> dict[str, str]:
        """The variables that point the product at these servers. Database names come later, one per worker."""
        var = self.folder / "var" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
        # A server or worker that a test starts shares the Valkey database of that test.
        valkey = int(os.environ.get("APTIC_TEST_VALKEY") or 1 + os.getpid() % (VALKEY_DATABASES - 1))
        return {
            "APTIC_VAR": str(var),
            "DATABASE_URL": self.postgres.url("aptic_app", "nowhere"),
            "DATABASE_OWNER_URL": self.postgres.url("aptic_owner", "nowhere"),
            "DATABASE_SYSTEM_URL": self.postgres.url("aptic_system", "nowhere"),
            "REDIS_URL": self.valkey.url(valkey),
        }

    def use(self) -> None:
        """Declare that a run uses the servers, and start them if nobody did. Once per run."""
        with self._alone():
            users = (self.folder / "users").open("a")
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users
            started = not self.postgres.answers()
            if started:
                self.postgres.start(detached=True)
            if not self.valkey.answers():
                self.valkey.start(detached=True)
                self.valkey.wait()
            if started:
                self.postgres.wait()
                with self.admin() as connection:
                    prepare_roles(connection)
                self._drop_leftovers()

    def leave(self) -> None:
        """The run is over: stop the servers unless another one uses them."""
        if self._users is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._let_live()
                return
            finally:
                self._users.close()
            self.postgres.stop()
            self.valkey.stop()

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A superuser's connection: only to make and drop databases, and to tamper in tests that say so."""
        return self.postgres.connect(database=database)

    @contextmanager
    def template(self) -> Iterator[tuple[str, bool]]:
        """The name of the template of the present migrations, and whether the caller must fill it now."""
        name = f"aptic_template_{_digest()}"
        with self._alone():
            with self.admin() as connection:
                if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    filled = True
                else:
                    filled = False
            if filled:
                yield name, False
                return
            making = f"{name}_making"
            self.drop(making)
            self.create(making, template="template0")
            with self.admin(making) as connection:
                prepare_grants(connection)
            yield making, True
            with self.admin() as connection:
                connection.execute(_sql("ALTER DATABASE {} RENAME TO {}", making, name))

    def clone(self) -> str:
        """A new database like the template, made while the test before ran; returns its name."""
        waiting = self._spare
        self._spare = self._making.submit(self._clone)
        return waiting.result() if waiting else self._clone()

    def drop_later(self, name: str) -> None:
        """Drop a database that nobody uses any more, while the next test runs."""
        self._drops.append(self._dropping.submit(self.drop, name))

    def drop_spare(self) -> None:
        """The worker asks for no other. A drop that failed fails here."""
        if self._spare:
            self.drop_later(self._spare.result())
            self._spare = None
        for drop in self._drops:
            drop.result()
        self._drops.clear()

    def _clone(self) -> str:
        name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
        self.create(name, template=f"aptic_template_{_digest()}")
        with self.admin(name) as connection:
            prepare_grants(connection)
        return name

    def create(self, name: str, *, template: str) -> None:
        """Make a database that the owner role owns. Copied as files: through the log it costs twice as much to drop."""
        with self.admin() as connection:
            connection.execute(
                _sql("CREATE DATABASE {} OWNER aptic_owner TEMPLATE {} STRATEGY file_copy", name, template)
            )

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        with self.admin() as connection:
            connection.execute(_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))

    def _drop_leftovers(self) -> None:
        """What killed runs and former states of the migrations left."""
        keep = f"aptic_template_{_digest()}"
        with self.admin() as connection:
            found = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%%' OR datname LIKE 'aptic\\_template\\_%%'"
            ).fetchall()
        for (name,) in found:
            if name != keep:
                self.drop(name)

    def _let_live(self) -> None:
        """Another run goes on with what we started: do not warn that it still lives."""
        for server in (self.postgres, self.valkey):
            if server.process:
                server.process.returncode = 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@cache
def _digest() -> str:
    """Names the state of everything that shapes the template; a run keeps to the one that it began with."""
    digest = hashlib.sha256()
    sources = [path for app in APPS for path in sorted((BASE / app).rglob("*")) if _shapes_template(path)]
    for path in [*sources, BASE / "tests" / "conftest.py"]:
        digest.update(f"{path.relative_to(BASE)} ".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _shapes_template(path: Path) -> bool:
    if not path.is_file() or path.suffix == ".pyc":
        return False
    named = path.name in ("rls.py", "load_territories.py") or path.suffix == ".sql"
    return named or "migrations" in path.parts or "data" in path.parts


def _sql(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))


SERVERS = Servers()
