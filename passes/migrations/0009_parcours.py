"""Redeeming, and what a device knows, as they are now: a service pays for every parcours under it, whenever it was added."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FUNCTIONS = (SQL / "redeem.sql").read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
KNOWLEDGE = (SQL / "knowledge.sql").read_text()
KNOWS = KNOWLEDGE[KNOWLEDGE.index("CREATE FUNCTION passes_knowledge") :].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    """Functions only."""

    dependencies = [("passes", "0008_sessions"), ("vocabulary", "0003_parcours")]
    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(KNOWS, migrations.RunSQL.noop),
    ]
