"""Rows of two worlds in every table, made from the catalogue alone: a new table is planted without a line here.

Each world has a funder, a distributor, an actor and a hub that have nothing to do with the other's. Values are made
from the column's type; foreign keys, checks and triggers are taken off first, because only the policies are on trial.
A reader column that no world knows fails the test that plants: say in `READERS` whose it is.
"""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model
from psycopg.types.json import Jsonb

from aptic.tenancy.principal import Hat, Principal
from aptic.tenancy.rls import Tenant

READERS = {"funder_id": "funder", "distributor_id": "distributor", "actor_id": "actor", "owner_id": "funder",
           "reader_id": "actor", "hub_id": "hub"}  # fmt: skip
ANY_ORGANISATION = "organisation_id"  # a row for each organisation of the world
PEOPLE = ("created_by_id", "user_id", "person_id", "invited_by_id")
Column = tuple[str, str, int | None]  # name, type, length
_serial = itertools.count(70_000)


def tenant_of(model: type[Model]) -> Tenant | None:
    """The model's policies."""
    return next((each for each in model._meta.constraints if isinstance(each, Tenant)), None)


def guarded() -> list[type[Model]]:
    """Every model under row-level security, in the order of their tables' names."""
    found = [model for model in apps.get_models(include_auto_created=True) if tenant_of(model)]
    return sorted(found, key=lambda model: model._meta.db_table)


@dataclass
class World:
    """Organisations that belong together, and the keys of their rows by table."""

    marker: str
    funder: uuid.UUID = field(default_factory=uuid.uuid4)
    distributor: uuid.UUID = field(default_factory=uuid.uuid4)
    actor: uuid.UUID = field(default_factory=uuid.uuid4)
    hub: uuid.UUID = field(default_factory=uuid.uuid4)
    site: uuid.UUID = field(default_factory=uuid.uuid4)
    person: uuid.UUID = field(default_factory=uuid.uuid4)
    keys: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def organisations(self) -> dict[str, uuid.UUID]:
        """Each organisation by its hat."""
        return {"funder": self.funder, "distributor": self.distributor, "actor": self.actor, "hub": self.hub}

    def principals(self) -> dict[str, Principal]:
        """Everybody who may act in this world; a key acts without a person, a device at a site."""
        people = {
            name: Principal(hat=Hat(name), organisation_id=key, person_id=self.person, role="manager")
            for name, key in self.organisations.items()
        }
        keys = {
            f"{name} key": Principal(hat=Hat(name), organisation_id=key) for name, key in self.organisations.items()
        }
        device = Principal(hat=Hat.ACTOR, organisation_id=self.actor, site_id=self.site)
        return {**people, **keys, "device": device, "person": Principal(person_id=self.person)}


def bare(admin: Any) -> None:
    """Take off what would refuse made-up rows; policies, grants and primary keys stay."""
    tables = "connamespace = 'public'::regnamespace"
    found = admin.execute(
        f"SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype IN ('c', 'f') AND {tables}"
    )
    for table, name in found.fetchall():
        admin.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    found = admin.execute("SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal")
    for table, name in found.fetchall():
        admin.execute(f'DROP TRIGGER "{name}" ON {table}')
    found = admin.execute(
        """SELECT indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
    )
    for (name,) in found.fetchall():
        admin.execute(f"DROP INDEX {name}")


def plant(admin: Any, world: World) -> None:
    """Rows of `world` in every table that has policies."""
    for model in guarded():
        table = model._meta.db_table
        columns = describe(admin, table)
        if table == "tenancy_organisation":
            rows = [
                made(columns, world, key, {"id": key, f"is_{hat}": True}) for hat, key in world.organisations.items()
            ]
        else:
            rows = [made(columns, world, key) for key in _whose(columns, world)]
        for row in rows:
            world.keys.setdefault(table, []).append(
                insert(admin, model, row, more=f'RETURNING "{model._meta.pk.column}"').fetchone()[0]
            )


def describe(cursor: Any, table: str) -> list[Column]:
    """Name, type and length of the columns that an INSERT must give."""
    return cursor.execute(
        """SELECT column_name, CASE data_type WHEN 'ARRAY' THEN 'array' ELSE data_type END, character_maximum_length
           FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
           AND is_identity = 'NO' AND is_generated = 'NEVER' AND coalesce(column_default, '') NOT LIKE 'nextval%%'
           ORDER BY ordinal_position""",
        [table],
    ).fetchall()


def made(
    columns: list[Column],
    world: World,
    organisation: uuid.UUID,
    fixed: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A row of `world`, or of one of its organisations where the table names none in particular."""
    row: dict[str, Any] = {}
    for name, kind, length in columns:
        if name in READERS:
            row[name] = getattr(world, READERS[name])
        elif name == ANY_ORGANISATION:
            row[name] = organisation
        elif name in PEOPLE:
            row[name] = world.person
        elif name == "site_id":
            row[name] = world.site
        else:
            row[name] = _value(kind, length, world)
    return row


def insert(cursor: Any, model: type[Model], row: dict[str, Any], *, more: str = "") -> Any:
    """Write the row; `more` may ask for something back, which needs the right to read it."""
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(["%s"] * len(row))
    return cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({values}) {more}", list(row.values()))


def _whose(columns: list[Column], world: World) -> list[uuid.UUID]:
    named = any(name == ANY_ORGANISATION for name, _, _ in columns)
    return list(world.organisations.values()) if named else [world.funder]


def _value(kind: str, length: int | None, world: World) -> Any:
    number = next(_serial)
    if kind in ("character varying", "text", "character"):
        return f"{world.marker}{number}"[: length or 60]
    simple: dict[str, Any] = {
        "uuid": uuid.uuid4(), "boolean": False, "jsonb": Jsonb({}), "array": [], "bytea": uuid.uuid4().bytes,
        "smallint": number % 30_000, "integer": number, "bigint": number, "double precision": 0.5, "numeric": 1,
        "date": datetime.now(UTC).date() + timedelta(days=number), "timestamp with time zone": datetime.now(UTC),
        "time without time zone": datetime.now(UTC).time(),
    }  # fmt: skip
    return simple[kind]
