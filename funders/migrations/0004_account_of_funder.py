"""A funding line's account is its own funder's."""

from django.db import migrations

KEY = """
ALTER TABLE funders_fundingline ADD CONSTRAINT line_account_of_funder
  FOREIGN KEY (account_id, funder_id) REFERENCES ledger_account (id, funder_id)
"""


class Migration(migrations.Migration):
    """One composite key."""

    dependencies = [("funders", "0003_rules"), ("ledger", "0003_funder_of_purse")]
    operations = [
        migrations.RunSQL(KEY, "ALTER TABLE funders_fundingline DROP CONSTRAINT line_account_of_funder"),
    ]
