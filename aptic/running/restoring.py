"""What follows `pg_restore` on another server: grants, tables, and numbers that go on above the backup's.

There PostgreSQL counts transactions from the start again, below every horizon that closings and seals hold: balances
would leave out each new transfer, and nothing would be sealed.
"""

from django.db import connections, transaction

from aptic.embedded.prepare import HERE
from aptic.running.preparation import OWNER, bring_tables_up_to_date

# Writers that run are waited for, and those that come wait: none of them numbers a row from the former base afterwards.
HOLD = "LOCK TABLE audit_event, ledger_transfer IN SHARE MODE"
# From the rows themselves, each of them: this is asked once.
HIGHEST = """
SELECT coalesce(greatest((SELECT max(xid) FROM ledger_transfer), (SELECT max(xid) FROM audit_event),
                         (SELECT max(horizon) FROM ledger_closing), (SELECT max(horizon) FROM ledger_proof),
                         (SELECT max(high) FROM audit_seal)), 0),
       aptic_coming_xid()
"""
RAISE = "CREATE OR REPLACE FUNCTION aptic_xid_base() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN {}::bigint"


def finish_restore() -> int | None:
    """As the owner, make the restored database one that may serve; returns the new base, None when none was needed."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute((HERE / "grants.sql").read_text())
    bring_tables_up_to_date()
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(HOLD)
        cursor.execute(HIGHEST)
        highest, coming = cursor.fetchone()
        if highest < coming:
            return None
        cursor.execute(RAISE.format(int(highest)))
    return highest
