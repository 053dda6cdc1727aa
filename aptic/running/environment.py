"""What the environment asks for, read and checked before anything is started."""

import ctypes
import errno
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aptic.embedded.process import CannotStart
from aptic.variables import Variables, database_fault, redis_fault

NUMBERS = ("APTIC_WEB_WORKERS", "APTIC_WEB_THREADS", "APTIC_WORKERS")  # of processes and threads
DATABASE_URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")
LIBRARIES = {  # what WeasyPrint opens, by the names of Linux and macOS
    "Pango": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "PangoFT2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "GObject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib"),
    "HarfBuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "HarfBuzz (subset)": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
    "Fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib"),
}
INSTALL = {
    "apt-get": "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig",
    "dnf": "dnf install pango harfbuzz fontconfig",
    "brew": "brew install pango",
    "apk": "apk add pango harfbuzz fontconfig",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation runs."""

    var: Path
    bind: str
    port: int
    database_urls: Mapping[str, str]  # empty: embedded PostgreSQL
    redis_url: str  # empty: embedded Valkey
    demonstration: bool = True

    @property
    def address(self) -> str:
        """The address to open in a browser on this machine."""
        return os.environ.get("APTIC_PUBLIC_URL") or f"http://localhost:{self.port}"


def read_place() -> Place:
    """The place that the environment describes.

    Raises CannotStart when a variable cannot be understood.
    """
    base = Path(__file__).resolve().parents[2]
    var = Path(os.environ.get("APTIC_VAR") or base / "var").resolve()
    try:
        var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"le dossier {var} (APTIC_VAR) ne peut pas être créé : {error.strerror}.") from error
    if not os.access(var, os.W_OK):
        raise CannotStart(f"le dossier {var} (APTIC_VAR) n’est pas accessible en écriture.")
    for name in NUMBERS:
        _at_least_one(name)
    return Place(
        var=var,
        bind=os.environ.get("APTIC_BIND") or "127.0.0.1",
        port=_port(os.environ.get("PORT") or "8000"),
        database_urls=_database_urls(),
        redis_url=_redis_url(),
        demonstration=Variables().bool("APTIC_DEMO", default=True),
    )


def check_port(place: Place) -> None:
    """Raise CannotStart when the port is taken or forbidden, or when the address is not ours."""
    family = socket.AF_INET6 if ":" in place.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.bind, place.port))
            probe.listen(1)
        except PermissionError as error:
            raise CannotStart(
                f"le port {place.port} est réservé : choisissez-en un au-dessus de 1024 (PORT)."
            ) from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(
                    f"APTIC_BIND vaut « {place.bind} », qui n’est pas une adresse de cette machine : donnez 127.0.0.1 "
                    "pour elle seule, ou 0.0.0.0 pour être joint depuis d’autres."
                ) from error
            raise CannotStart(
                f"le port {place.port} est déjà pris : arrêtez l’autre programme, "
                f"ou choisissez un autre port, par exemple « PORT={place.port + 1} make run »."
            ) from error


def check_libraries() -> None:
    """Raise CannotStart, with the line that installs it, when a library that makes PDFs is missing."""
    missing = [name for name, files in LIBRARIES.items() if not any(_loads(file) for file in files)]
    if missing:
        tool = next((tool for tool in INSTALL if shutil.which(tool)), "apt-get")
        raise CannotStart(
            f"il manque à ce système {', '.join(missing)}, pour fabriquer les PDF ; installez-le : {INSTALL[tool]}"
        )


def _loads(file: str) -> bool:
    with suppress(OSError):
        ctypes.CDLL(file)
        return True
    return False


def _port(text: str) -> int:
    with suppress(ValueError):
        if 0 < int(text) < 65536:
            return int(text)
    raise CannotStart(f"PORT vaut « {text} » : donnez un nombre entre 1 et 65535.")


def _at_least_one(name: str) -> None:
    if Variables().int(name, default=1) < 1:
        raise CannotStart(f"{name} vaut 0 : donnez un nombre à partir de 1.")


def _database_urls() -> dict[str, str]:
    given = {name: os.environ[name] for name in DATABASE_URLS if os.environ.get(name)}
    if not given:
        return {}
    missing = [name for name in DATABASE_URLS if name not in given]
    if missing:
        raise CannotStart(
            f"DATABASE_URL désigne votre PostgreSQL : donnez aussi {' et '.join(missing)} "
            "(voir docs/operations/running.md)."
        )
    for name, url in given.items():
        if fault := database_fault(name, url):
            raise CannotStart(fault)
    return given


def _redis_url() -> str:
    url = os.environ.get("REDIS_URL", "")
    if url and (fault := redis_fault("REDIS_URL", url)):
        raise CannotStart(fault)
    return url


def say(line: str = "") -> None:
    """Tell the operator what is happening."""
    print(line, file=sys.stdout, flush=True)
