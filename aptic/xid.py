"""The number of the transaction that wrote a row, for horizons: what is below one will not change any more.

A number is the transaction's id plus a base, which is 0 until a backup is restored on another server: there PostgreSQL
counts transactions from the start again, and the base lifts them above every number that the backup holds.
"""

from typing import Any

from django.db import connections, models


class CurrentXid(models.Func):
    """`pg_current_xact_id()` as a bigint: what the first migrations ask for."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Xid(models.Func):
    """The same plus the base (tenancy/migrations/0002_numbers.py), as one expression once PostgreSQL has planned it."""

    template = "aptic_xid()"
    output_field = models.BigIntegerField()


class XidField(models.BigIntegerField):
    """Filled by PostgreSQL with the writing transaction's number, never by us."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_default", Xid())
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)


def horizon(using: str = "default") -> int:
    """The oldest transaction still running: every row whose xid is below is committed or gone for ever."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT aptic_horizon()")
        return cursor.fetchone()[0]
