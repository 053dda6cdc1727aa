"""A site helps where its round goes: its territories say so, and a campaign limited to one of them is accepted there."""

from pathlib import Path

from django.db import migrations

HELPS = (Path(__file__).resolve().parent.parent / "sql" / "helps.sql").read_text()
UNHELPS = "DROP FUNCTION qualification_round_goes() CASCADE; DROP FUNCTION qualification_site_helps() CASCADE"
# The trigger writes what is true.
FILL = "UPDATE actors_site SET territories = territories WHERE id IN (SELECT site_id FROM qualification_round)"


class Migration(migrations.Migration):
    """Functions and triggers, and the rows that were there before them."""

    dependencies = [("actors", "0012_income"), ("qualification", "0012_heard_by_another"), ("territories", "0001_initial")]
    operations = [
        migrations.RunSQL(HELPS, UNHELPS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
