"""What a device knows says whom to call of each operation, and which sites near it take what its own does not."""

from pathlib import Path

from django.db import migrations

KNOWLEDGE = (Path(__file__).resolve().parent.parent / "sql" / "knowledge.sql").read_text()
KNOWS = KNOWLEDGE[KNOWLEDGE.index("CREATE FUNCTION passes_knowledge") :]


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("passes", "0017_recorded_by_the_clock")]
    operations = [
        migrations.RunSQL(KNOWS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop),
    ]
