"""The two servers: embedded ones started here, or somebody's own checked; their addresses are left in services.env."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from aptic.embedded.postgres import Postgres
from aptic.embedded.prepare import prepare
from aptic.embedded.process import CannotStart
from aptic.embedded.valkey import Valkey
from aptic.running.environment import DATABASE_URLS, Place

ROLES = dict(zip(DATABASE_URLS, ("aptic_app", "aptic_owner", "aptic_system"), strict=True))


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two installations over the same data would spoil it.

    Raises CannotStart when another one runs.
    """
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise CannotStart(f"Aptic tourne déjà sur {folder} (processus {file.read().strip() or '?'}).") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


class Services:
    """PostgreSQL and Valkey of one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.postgres = None if place.database_urls else Postgres(place.var)
        self.valkey = None if place.redis_url else Valkey(place.var)

    def launch(self) -> None:
        """Start the embedded ones without waiting, publish the addresses here and for other shells."""
        if self.postgres:
            self.postgres.start()
        if self.valkey:
            self.valkey.start()
        made = {"PORT": str(self.place.port)}
        if public := os.environ.get("APTIC_PUBLIC_URL"):
            made["APTIC_PUBLIC_URL"] = public
        if self.postgres:
            made |= {variable: self.postgres.url(role) for variable, role in ROLES.items()}
        if self.valkey:
            made["REDIS_URL"] = self.valkey.url()
        _write_private(self.place.var / "services.env", made)
        os.environ.update(made)

    def wait(self) -> None:
        """Return when both answer and the roles exist. Raises CannotStart."""
        if self.valkey:
            self.valkey.wait()
        else:
            _check_redis(self.place.redis_url)
        if self.postgres:
            postgres = self.postgres
            postgres.wait()
            prepare(lambda name: postgres.connect(database=name))
        else:
            for variable, url in self.place.database_urls.items():
                _check_database(variable, url)

    def stop(self) -> None:
        """End the embedded ones."""
        if self.valkey:
            self.valkey.stop()
        if self.postgres:
            self.postgres.stop()


def _check_database(variable: str, url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except (psycopg.Error, UnicodeError, ValueError) as error:
        where = urlsplit(url)
        reason = str(error).strip().splitlines()[-1].rsplit("FATAL:", 1)[-1].strip()
        raise CannotStart(
            f"la base de {variable} ({where.hostname or 'socket'}{where.path}) refuse la connexion : {reason}."
        ) from error


def _check_redis(url: str) -> None:
    try:
        redis.Redis.from_url(url, socket_connect_timeout=5).ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise CannotStart(f"le Valkey de REDIS_URL ne répond pas : {str(error).splitlines()[0]}.") from error


def _write_private(path: Path, values: dict[str, str]) -> None:
    """Replace `path` by these values, readable by us alone."""
    part = path.with_suffix(".part")
    with suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Adresses de ce que make run a lancé ; réécrit à chaque démarrage.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    part.rename(path)
