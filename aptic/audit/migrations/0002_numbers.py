"""A line's number counts from the base, and only PostgreSQL says a line's id, number and instant.

A row that named a number of the far future was below no horizon, hence under no seal.
"""

import aptic.xid
from django.db import migrations

# To name a column, even as DEFAULT, takes the right to write it.
COLUMNS = """
REVOKE INSERT ON audit_event FROM aptic_app, aptic_system;
GRANT INSERT (person_id, organisation_id, hat, request_id, verb, object_type, object_id, fields) ON audit_event
   TO aptic_app, aptic_system
"""
EVERY_COLUMN = "GRANT INSERT ON audit_event TO aptic_app, aptic_system"


class Migration(migrations.Migration):
    """The number's default, and grants by column."""

    dependencies = [("audit", "0001_initial"), ("tenancy", "0002_numbers")]
    operations = [
        migrations.AlterField(
            model_name="event",
            name="xid",
            field=aptic.xid.XidField(db_default=aptic.xid.Xid(), db_index=True, editable=False),
        ),
        migrations.RunSQL(COLUMNS, EVERY_COLUMN),
    ]
