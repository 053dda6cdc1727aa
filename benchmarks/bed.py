"""A PostgreSQL, a Valkey and a web server of the benchmark's own, in a folder thrown away afterwards.

fsync and synchronous_commit stay on; the web server is the one that `make run` starts, with its middleware, as
`aptic_app`.
"""

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from aptic.embedded.postgres import Postgres
from aptic.embedded.prepare import prepare
from aptic.embedded.valkey import Valkey

TICKS = os.sysconf("SC_CLK_TCK")


class Bed:
    """The servers of one run, and the environment that points the project at them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres, self.valkey = Postgres(folder), Valkey(folder)

    def start(self) -> None:
        """Start both servers, make the database, and set this process's environment."""
        for server in (self.postgres, self.valkey):
            server.start()
            server.wait()
        prepare(lambda name: self.postgres.connect(database=name))
        vendor = Path(os.environ.get("APTIC_VAR", "var")).resolve() / "vendor"
        if vendor.is_dir():
            (self.folder / "vendor").symlink_to(vendor)  # the typeface, for what is printed
        os.environ.update(self.environment())

    def environment(self) -> dict[str, str]:
        """The variables of settings.py."""
        key = base64.b64encode(b"b" * 32).decode()
        return {
            "APTIC_VAR": str(self.folder),
            "DATABASE_URL": self.postgres.url("aptic_app"),
            "DATABASE_OWNER_URL": self.postgres.url("aptic_owner"),
            "DATABASE_SYSTEM_URL": self.postgres.url("aptic_system"),
            "REDIS_URL": self.valkey.url(),
            "APTIC_SECRET_KEY": "only-for-benchmarks",
            "APTIC_CODE_KEYS": f"1:{key},31:{key}",
            "APTIC_SIGNING_KEYS": f"1:{key}",
            "APTIC_DATA_KEYS": f"1:{key}",
            "APTIC_LOG_LEVEL": "ERROR",
        }

    def stop(self) -> None:
        """End both."""
        self.valkey.stop()
        self.postgres.stop()

    def admin(self, database: str = "aptic") -> psycopg.Connection:
        """A superuser's connection, to prepare rows that the product would take months to make."""
        return self.postgres.connect(database=database)

    def postgres_cpu(self) -> float:
        """CPU seconds PostgreSQL has used, ended backends included."""
        assert self.postgres.process
        return cpu_of_tree(self.postgres.process.pid)

    @contextmanager
    def web(self, application: str, **environment: str) -> Iterator["Web"]:
        """A Granian serving `application` while the block runs."""
        server = Web(application, environment)
        try:
            yield server
        finally:
            server.stop()


class Web:
    """One web server: two workers, as in production on two cores."""

    def __init__(self, application: str, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [
            sys.executable, "-m", "granian", application, "--interface", "wsgi", "--port", str(self.port),
            "--workers", "2", "--blocking-threads", "4", "--log-level", "critical",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, env={**os.environ, **environment})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("the web server did not answer within a minute")

    def cpu(self) -> float:
        """CPU seconds of the server and its workers."""
        return cpu_of_tree(self.process.pid)

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def cpu_of_tree(root: int) -> float:
    """CPU seconds, user and system, of a process and its descendants, ended children included."""
    parents: dict[int, int] = {}
    times: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(fields[1])
            times[int(folder.name)] = sum(int(value) for value in fields[11:15])
    total = 0
    for pid, ticks in times.items():
        above = pid
        while above and above != root:
            above = parents.get(above, 0)
        total += ticks if above == root else 0
    return total / TICKS
