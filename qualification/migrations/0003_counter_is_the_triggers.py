"""Nobody who serves writes the counter, not even when a cap is made: it starts at zero and its trigger moves it."""

from django.db import migrations, models

GRANTS = """
REVOKE INSERT ON qualification_cap FROM aptic_app, aptic_system;
GRANT INSERT (territory, cap, exceptions, exception_reason, updated_at) ON qualification_cap TO aptic_app
"""


class Migration(migrations.Migration):
    """The counter's default, and who may insert what."""

    dependencies = [("qualification", "0002_rules")]
    operations = [
        migrations.AlterField(
            model_name="cap",
            name="qualified",
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.RunSQL(GRANTS, "GRANT INSERT ON qualification_cap TO aptic_app, aptic_system"),
    ]
