"""A file may be withheld from one person: who approved a payment that nobody prepared does not open its order."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """One column, empty for every file there is, and one check."""

    dependencies = [("documents", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="document",
            name="withheld_from",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("withheld_from__isnull", True),
                    ("created_by__isnull", True),
                    Q(("withheld_from", F("created_by")), _negated=True),
                    _connector="OR",
                ),
                name="document_withheld_from_another",
                violation_error_message="Une autre personne doit faire ce document.",
            ),
        ),
    ]
