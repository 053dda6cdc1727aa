"""A transfer's number counts from the base.

Whoever serves asks `aptic_numbers_run_back()` first: a horizon above what this server can number is that of a backup
whose restore was not finished. Closings would leave out every new transfer, and no seal would be made.
"""

import aptic.xid
from django.db import migrations

# With the owner's rights: without a principal nobody sees a row. From indexes alone, for it is asked at every start. What
# is stored was numbered by a transaction that has ended, or by the one that asks.
RUN_BACK = """
CREATE FUNCTION aptic_numbers_run_back() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(greatest(
           (SELECT max(horizon) FROM ledger_closing),
           (SELECT xid FROM ledger_transfer ORDER BY id DESC LIMIT 1),
           (SELECT high FROM audit_seal ORDER BY id DESC LIMIT 1),
           (SELECT max(xid) FROM audit_event)), 0)
      >= aptic_xid_base() + greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                                     pg_current_xact_id_if_assigned()::text::bigint + 1)
$$
"""


class Migration(migrations.Migration):
    """The number's default, and the question."""

    dependencies = [("ledger", "0008_refund"), ("audit", "0002_numbers"), ("tenancy", "0002_numbers")]
    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="xid",
            field=aptic.xid.XidField(db_default=aptic.xid.Xid(), editable=False),
        ),
        migrations.RunSQL(RUN_BACK, "DROP FUNCTION aptic_numbers_run_back()"),
    ]
