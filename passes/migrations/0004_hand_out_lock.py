"""A redemption that a hand-out permits holds its booklet's lock shared: the hand-out is not undone meanwhile."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "redeem.sql"


class Migration(migrations.Migration):
    """The redeem functions as they are now."""

    dependencies = [("passes", "0003_printing")]
    operations = [
        migrations.RunSQL(
            SQL.read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop
        )
    ]
