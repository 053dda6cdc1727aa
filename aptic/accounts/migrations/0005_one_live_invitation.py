"""At most one link of an organisation is open for an address, also when two people invite it at the same instant.

Where two are open today, the older one is revoked, as it would have been if the later person had seen it.
"""

from django.db import migrations, models
from django.db.models import Q

OLDER = """
UPDATE accounts_invitation older SET revoked_at = now()
 WHERE older.accepted_at IS NULL AND older.revoked_at IS NULL
   AND EXISTS (SELECT FROM accounts_invitation newer
                WHERE newer.organisation_id = older.organisation_id AND newer.email = older.email
                  AND newer.accepted_at IS NULL AND newer.revoked_at IS NULL
                  AND (newer.created_at, newer.id) > (older.created_at, older.id))
"""
# A small table: the index is made in the transaction that has just made it possible.
ONE = """
CREATE UNIQUE INDEX one_open_invitation ON accounts_invitation (organisation_id, email)
 WHERE accepted_at IS NULL AND revoked_at IS NULL
"""


class Migration(migrations.Migration):
    """One constraint, after the rows that would break it."""

    dependencies = [("accounts", "0004_device_trail")]
    operations = [
        migrations.RunSQL(OLDER, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONE, "DROP INDEX one_open_invitation")],
            state_operations=[
                migrations.AddConstraint(
                    model_name="invitation",
                    constraint=models.UniqueConstraint(
                        condition=Q(("accepted_at__isnull", True), ("revoked_at__isnull", True)),
                        fields=("organisation", "email"),
                        name="one_open_invitation",
                    ),
                ),
            ],
        ),
    ]
