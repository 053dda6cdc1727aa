"""A refused attempt keeps the facts it was decided on. Attempts of before have none, and say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column, and the constraint that keeps it out of the path that must be fast."""

    dependencies = [("passes", "0005_conflicts")]
    operations = [
        migrations.AddField(model_name="redemption", name="facts", field=models.JSONField(null=True)),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(("facts__isnull", True), ("turn__isnull", True), _connector="OR"),
                name="redemption_facts_of_refused",
            ),
        ),
    ]
