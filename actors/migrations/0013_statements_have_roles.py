"""Statements kept before their documents had roles are for those whom the page of payouts is for."""

from django.db import migrations

NARROW = """
UPDATE documents_document SET roles = ARRAY['finance', 'manager'] WHERE kind = 'statement' AND roles = '{}'
"""


class Migration(migrations.Migration):
    """Data alone."""

    dependencies = [("actors", "0012_income"), ("documents", "0001_initial")]
    operations = [migrations.RunSQL(NARROW, migrations.RunSQL.noop)]
