"""The id of a held line is refused on line too, by the statement where it is seen and by a trigger where it is not."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
REDEEM = (SQL / "redeem.sql").read_text()
CONFLICTS = (SQL / "conflicts.sql").read_text()
FIRST = CONFLICTS[CONFLICTS.index("CREATE FUNCTION passes_held_first") : CONFLICTS.index("CREATE FUNCTION passes_decision_stays")]
AS_IT_WAS = "DROP TRIGGER redemption_held_first ON passes_redemption;\n"


class Migration(migrations.Migration):
    """Functions, and the trigger that watches every attempt."""

    dependencies = [("passes", "0015_void_of_its_redemption")]
    operations = [
        migrations.RunSQL(
            AS_IT_WAS + (FIRST + REDEEM).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop
        ),
    ]
