"""The bank's order of a run that the calendar prepared is made, and opened, by somebody else than who approved it.

Not validated: what left before this rule stays as it is. An order not sent yet that its approver made is made again,
under the same name, by another person; the others are withheld from who approved them.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

FILED = """
UPDATE actors_settlement s SET filed_by = d.created_by_id FROM documents_document d WHERE d.id = s.bank_file_id;
UPDATE actors_settlement SET bank_file_id = NULL, filed_by = NULL
 WHERE prepared_by IS NULL AND state = 'approved' AND filed_by = approved_by;
UPDATE documents_document d SET withheld_from = s.approved_by FROM actors_settlement s
 WHERE s.bank_file_id = d.id AND s.prepared_by IS NULL AND s.filed_by <> s.approved_by;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    """One column, filled from who made each order; one check."""

    dependencies = [("actors", "0014_calendar_runs_take_two_people"), ("documents", "0002_withheld")]
    operations = [
        migrations.AddField(model_name="settlement", name="filed_by", field=models.UUIDField(null=True)),
        migrations.RunSQL(FILED, migrations.RunSQL.noop),
        AddConstraintNotValid(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("prepared_by__isnull", False),
                    ("bank_file__isnull", True),
                    Q(("filed_by__isnull", False), Q(("filed_by", F("approved_by")), _negated=True)),
                    ("state", "closed"),
                    _connector="OR",
                ),
                name="settlement_of_calendar_filed_by_another",
                violation_error_message="Une autre personne doit préparer l’ordre de virement de ce règlement.",
            ),
        ),
    ]
