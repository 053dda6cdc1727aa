"""Variables of the environment, read by their kind: one that cannot be understood ends the process with one sentence.

Every program reads the settings, so the web, a worker, the clock and manage.py all end in the same way.
"""

import sys
from json import loads
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlsplit

import environ

# The methods below hide the names of their kinds from one another.
_str: TypeAlias = str
_int: TypeAlias = int
_bool: TypeAlias = bool
YES, NO = ("1", "true", "on", "yes", "y", "ok"), ("0", "false", "off", "no", "n")


class Variables(environ.Env):
    """What the environment gives. An empty variable is one that is not given."""

    def str(self, name: _str, default: _str = "") -> _str:
        """The text as it is written: a password may begin with a dollar."""
        return self.ENVIRON.get(name, default)

    def int(self, name: _str, default: _int = 0) -> _int:
        """A number, zero or more."""
        text = self.str(name).strip()
        if not text:
            return default
        if not (text.isascii() and text.isdigit()):
            refuse(f"{name} vaut « {text} » : donnez un nombre entier.")
        return int(text)

    def bool(self, name: _str, default: _bool = False) -> _bool:
        """1 or 0, or their English words."""
        text = self.str(name).strip().lower()
        if text not in ("", *YES, *NO):
            refuse(f"{name} vaut « {text} » : donnez 1 ou 0.")
        return text in YES if text else default

    def one_of(self, name: _str, choices: tuple[_str, ...], default: _str) -> _str:
        """One of the words, in capitals or not."""
        text = self.str(name).strip().upper()
        if text not in ("", *choices):
            refuse(f"{name} vaut « {text} » : donnez {', '.join(choices[:-1])} ou {choices[-1]}.")
        return text or default

    def json(self, name: _str) -> dict[_str, Any]:
        """A JSON object; it may hold a password: it is not repeated."""
        try:
            given = loads(self.str(name).strip() or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            refuse(f'{name} n’est pas un objet JSON, comme {{"nom": "valeur"}}.')
        return given

    def database(self, name: _str, default: _str) -> dict[_str, Any]:
        """The parts of a PostgreSQL address."""
        url = self.str(name).strip() or default
        if fault := database_fault(name, url):
            refuse(fault)
        return self.db_url_config(url)

    def redis(self, name: _str, default: _str) -> _str:
        """The address of a Valkey or a Redis."""
        url = self.str(name).strip() or default
        if fault := redis_fault(name, url):
            refuse(fault)
        return url


def refuse(sentence: str) -> NoReturn:
    """End the process, whichever it is."""
    sys.exit(f"Aptic ne peut pas démarrer : {sentence}")


def database_fault(name: str, url: str) -> str:
    """Why `url` is no address of a PostgreSQL; empty when it is one. It may hold a password: it is not repeated."""
    wanted = f"{name} n’est pas une adresse PostgreSQL : postgres://rôle:motdepasse@hôte:5432/base."
    try:
        parts = urlsplit(url)
        Variables.db_url_config(url)  # reads the ports, of several hosts as well
    except ValueError:
        return f"{wanted} Un signe spécial du mot de passe s’écrit en pourcent (« [ » s’écrit %5B)."
    return "" if parts.scheme in ("postgres", "postgresql") and parts.path.strip("/") else wanted


def redis_fault(name: str, url: str) -> str:
    """Why `url` is no address of a Valkey; empty when it is one."""
    wanted = f"{name} n’est pas une adresse Valkey ou Redis : redis://hôte:6379/0."
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a port that is no number is told here
    except ValueError:
        return wanted
    return "" if parts.scheme in ("redis", "rediss", "unix") else wanted
