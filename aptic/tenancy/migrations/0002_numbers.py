"""Transactions are numbered from a base: 0, until a backup is restored on another server (aptic/running/restoring.py).

The base is a constant in a function and not a row: the planner puts it into every expression, so that a transfer costs
what it did; a backup carries it; and nobody but the owner can write another.
"""

from django.db import migrations

NUMBERS = """
CREATE FUNCTION aptic_xid_base() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 0::bigint;
CREATE FUNCTION aptic_xid() RETURNS bigint LANGUAGE sql STABLE
RETURN pg_current_xact_id()::text::bigint + aptic_xid_base();
CREATE FUNCTION aptic_horizon() RETURNS bigint LANGUAGE sql STABLE
RETURN pg_snapshot_xmin(pg_current_snapshot())::text::bigint + aptic_xid_base();
-- No row that one can see has this number or a higher one: a transaction that has ended wrote it, or the one that asks.
CREATE FUNCTION aptic_coming_xid() RETURNS bigint LANGUAGE sql STABLE
RETURN greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                pg_current_xact_id_if_assigned()::text::bigint + 1) + aptic_xid_base()
"""


class Migration(migrations.Migration):
    """Four functions."""

    dependencies = [("tenancy", "0001_initial")]
    operations = [migrations.RunSQL(NUMBERS, "DROP FUNCTION aptic_coming_xid(), aptic_horizon(), aptic_xid(), aptic_xid_base()")]
