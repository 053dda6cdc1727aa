"""A transfer's number counts from the base, and only PostgreSQL says a transfer's id, number and `recorded_at`.

Whoever serves asks `aptic_numbers_run_back()` first: a horizon above what this server can number is that of a backup
whose restore was not finished. Closings would leave out every new transfer, and no seal would be made.
"""

import aptic.xid
from django.db import migrations

# To name a column, even as DEFAULT, takes the right to write it.
COLUMNS = """
REVOKE INSERT ON ledger_transfer FROM aptic_app, aptic_system;
GRANT INSERT (purse_id, debit_id, credit_id, amount_cents, kind, event, reverses_id, funder_id, actor_id, accounted_at)
   ON ledger_transfer TO aptic_app, aptic_system
"""
EVERY_COLUMN = "GRANT INSERT ON ledger_transfer TO aptic_app, aptic_system"

# With the owner's rights: without a principal nobody sees a row. From indexes alone, for it is asked at every start.
RUN_BACK = """
CREATE FUNCTION aptic_numbers_run_back() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(greatest(
           (SELECT max(horizon) FROM ledger_closing),
           (SELECT xid FROM ledger_transfer ORDER BY id DESC LIMIT 1),
           (SELECT high FROM audit_seal ORDER BY id DESC LIMIT 1),
           (SELECT max(xid) FROM audit_event)), 0)
      >= aptic_coming_xid()
$$
"""


class Migration(migrations.Migration):
    """The number's default, grants by column, and the question."""

    dependencies = [("ledger", "0008_refund"), ("audit", "0002_numbers"), ("tenancy", "0002_numbers")]
    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="xid",
            field=aptic.xid.XidField(db_default=aptic.xid.Xid(), editable=False),
        ),
        migrations.RunSQL(COLUMNS, EVERY_COLUMN),
        migrations.RunSQL(RUN_BACK, "DROP FUNCTION aptic_numbers_run_back()"),
    ]
