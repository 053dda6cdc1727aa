"""The identifier of the transaction that wrote a row, for horizons: what is below one will not change any more."""

from typing import Any

from django.db import connections, models


class CurrentXid(models.Func):
    """`pg_current_xact_id()` as a bigint."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class XidField(models.BigIntegerField):
    """Filled by PostgreSQL with the writing transaction's id, never by us."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_default"] = CurrentXid()
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)


def horizon(using: str = "default") -> int:
    """The oldest transaction still running: every row whose xid is below is committed or gone for ever."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]
