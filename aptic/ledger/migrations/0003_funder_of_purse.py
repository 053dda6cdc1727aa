"""Whose money it is: an account and a transfer name their purse's funder, and no other, by composite keys.

Row-level security compares `funder_id`; without these keys a row could name its own funder and another's purse.
"""

import django.db.models.deletion
from django.db import migrations, models

KEYS = """
ALTER TABLE ledger_purse ADD CONSTRAINT purse_of_funder UNIQUE (id, funder_id);
ALTER TABLE ledger_account ADD CONSTRAINT account_funder_is_purses
  FOREIGN KEY (purse_id, funder_id) REFERENCES ledger_purse (id, funder_id);
ALTER TABLE ledger_account ADD CONSTRAINT account_of_funder UNIQUE (id, funder_id);
ALTER TABLE ledger_transfer ADD CONSTRAINT transfer_funder_is_purses
  FOREIGN KEY (purse_id, funder_id) REFERENCES ledger_purse (id, funder_id)
"""
UNDO = """
ALTER TABLE ledger_transfer DROP CONSTRAINT transfer_funder_is_purses;
ALTER TABLE ledger_account DROP CONSTRAINT account_funder_is_purses;
ALTER TABLE ledger_account DROP CONSTRAINT account_of_funder;
ALTER TABLE ledger_purse DROP CONSTRAINT purse_of_funder
"""


class Migration(migrations.Migration):
    """Composite keys in place of two single ones."""

    dependencies = [("ledger", "0002_rules"), ("tenancy", "0001_initial")]
    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="funder",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="tenancy.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="purse",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.RESTRICT,
                to="ledger.purse",
            ),
        ),
        migrations.RunSQL(KEYS, UNDO),
    ]
