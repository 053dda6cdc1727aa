"""Redeeming as it is now: help given off line is taken however late it is told, and believed 72 hours back."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FUNCTIONS = (SQL / "redeem.sql").read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    """Functions only."""

    dependencies = [("passes", "0009_parcours")]
    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
