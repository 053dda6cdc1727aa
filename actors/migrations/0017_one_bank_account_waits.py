"""At most one bank account of an actor waits for a second person, also when two people propose at the same instant.

Where two of them wait today, the older one gives way, as it would have if the later person had seen it.
"""

from django.db import migrations, models
from django.db.models import Q

OLDER = """
UPDATE actors_bankaccount older SET replaced_at = now()
 WHERE older.approved_at IS NULL AND older.replaced_at IS NULL
   AND EXISTS (SELECT FROM actors_bankaccount newer
                WHERE newer.actor_id = older.actor_id AND newer.approved_at IS NULL AND newer.replaced_at IS NULL
                  AND (newer.proposed_at, newer.id) > (older.proposed_at, older.id))
"""
# A small table: the index is made in the transaction that has just made it possible.
ONE = """
CREATE UNIQUE INDEX one_bank_account_waiting ON actors_bankaccount (actor_id)
 WHERE approved_at IS NULL AND replaced_at IS NULL
"""


class Migration(migrations.Migration):
    """Beside `one_bank_account_in_force`."""

    dependencies = [("actors", "0016_settlement_calendar")]
    operations = [
        migrations.RunSQL(OLDER, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONE, "DROP INDEX one_bank_account_waiting")],
            state_operations=[
                migrations.AddConstraint(
                    model_name="bankaccount",
                    constraint=models.UniqueConstraint(
                        condition=Q(("approved_at__isnull", True), ("replaced_at__isnull", True)),
                        fields=("actor",),
                        name="one_bank_account_waiting",
                    ),
                ),
            ],
        ),
    ]
