"""What counters without a network may know: the passes to refuse, and the terms of the batches alive."""

from pathlib import Path

import aptic.tenancy.rls
import django.db.models.deletion
from django.db import migrations, models


SQL = Path(__file__).resolve().parent.parent / "sql" / "knowledge.sql"
FILL = """
INSERT INTO passes_withheld (pass_id, batch_id, funder_id)
SELECT id, batch_id, funder_id FROM passes_pass WHERE state IN ('blocked', 'replaced');
REVOKE INSERT, UPDATE, DELETE ON passes_withheld FROM aptic_app, aptic_system
"""


class Migration(migrations.Migration):
    """The table, the trigger that keeps it, and the one function that reads it."""

    dependencies = [
        ('passes', '0006_refusal_facts'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Withheld',
            fields=[
                ('pass_id', models.IntegerField(primary_key=True, serialize=False)),
                ('batch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='passes.batch')),
                ('funder', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'pass retenu',
                'verbose_name_plural': 'pass retenus',
                'ordering': ('pass_id',),
                'constraints': [aptic.tenancy.rls.Tenant(name='withheld_rls', readers=('funder_id',))],
            },
        ),
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
