"""A run that the calendar prepared is sent by somebody else than who approved it.

Not validated: runs that one person sent before this rule stay as they are. Every row written from now on obeys it.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """One check."""

    dependencies = [("actors", "0013_statements_have_roles")]
    operations = [
        AddConstraintNotValid(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("prepared_by__isnull", False),
                    ("sent_by__isnull", True),
                    Q(("sent_by", F("approved_by")), _negated=True),
                    ("state", "closed"),
                    _connector="OR",
                ),
                name="settlement_of_calendar_two_people",
                violation_error_message="Une autre personne doit envoyer ce règlement.",
            ),
        ),
    ]
