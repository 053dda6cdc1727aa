"""The roles, the database and the grants, on the embedded server or on somebody's own."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

HERE = Path(__file__).parent
Connect = Callable[[str], psycopg.Connection]


def prepare_roles(connection: psycopg.Connection) -> None:
    """Create the three roles, or take from them what they must not have. `connection` is a superuser's."""
    connection.execute((HERE / "roles.sql").read_bytes())


def prepare_grants(connection: psycopg.Connection) -> None:
    """Give the roles their rights in the database of `connection` (a superuser's)."""
    connection.execute((HERE / "grants.sql").read_bytes())


def prepare(connect: Connect, *, database: str = "aptic") -> None:
    """Roles, database and grants. `connect(name)` opens a superuser's connection, in autocommit, to a database."""
    with connect("postgres") as connection:
        prepare_roles(connection)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            _create(connection, database)
    with connect(database) as connection:
        prepare_grants(connection)


def prepare_empty(connect: Connect, *, database: str = "aptic") -> None:
    """Roles and a new database without grants, for a backup, which brings its own.

    Where the default ones stood before it, each restored table would add them to its own. Raises DuplicateDatabase.
    """
    with connect("postgres") as connection:
        prepare_roles(connection)
        _create(connection, database)


def _create(connection: psycopg.Connection, database: str) -> None:
    statement = "CREATE DATABASE {} OWNER aptic_owner ENCODING 'UTF8' TEMPLATE template0"
    connection.execute(sql.SQL(statement).format(sql.Identifier(database)))
