"""Undoing a use waits for the end of its batch, a replacement or an opposition; in a lost booklet its pass stays blocked."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FUNCTIONS = "\n".join((SQL / name).read_text() for name in ("redeem.sql", "reopen.sql"))


class Migration(migrations.Migration):
    """Functions only."""

    dependencies = [("passes", "0013_device_asks")]
    operations = [
        migrations.RunSQL(FUNCTIONS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop),
    ]
