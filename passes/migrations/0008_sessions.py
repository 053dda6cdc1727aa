"""Sessions of help at a counter, what guards them in PostgreSQL, and the redeem functions as they are now: on line a pass
is taken in an open session of its own site, or in none.
"""

from pathlib import Path

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models


SQL = Path(__file__).resolve().parent.parent / "sql"
FUNCTIONS = (SQL / "redeem.sql").read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
DAY = """
ALTER TABLE passes_session ADD CONSTRAINT session_within_a_week CHECK (
  abs(held_on - (opened_at AT TIME ZONE 'Europe/Paris')::date) <= 7)
"""


class Migration(migrations.Migration):
    """Table, guards and functions."""

    dependencies = [
        ('actors', '0009_site_closed_at'),
        ('documents', '0001_initial'),
        ('passes', '0007_knowledge'),
        ('tenancy', '0001_initial'),
        ('vocabulary', '0002_services'),
    ]

    operations = [
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('held_on', models.DateField(verbose_name='jour')),
                ('minutes', models.PositiveSmallIntegerField(verbose_name='durée')),
                ('kind', models.CharField(choices=[('group', 'Collective'), ('individual', 'Individuelle')], max_length=10, verbose_name='forme')),
                ('mode', models.CharField(choices=[('site', 'Sur place'), ('home', 'À domicile'), ('remote', 'À distance')], max_length=6, verbose_name='où')),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.UUIDField(null=True)),
                ('opened_on_device', models.UUIDField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.UUIDField(null=True)),
                ('closed_on_device', models.UUIDField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('service', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='vocabulary.service')),
                ('sheet', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='documents.document')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site')),
            ],
            options={
                'verbose_name': 'séance',
                'ordering': ('-opened_at', 'id'),
                'indexes': [
                    models.Index(fields=['site', '-opened_at'], name='session_site'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('minutes__gte', 15), ('minutes__lte', 600)), name='session_minutes_sensible'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['group', 'individual'])), name='session_kind_known'),
                    models.CheckConstraint(condition=models.Q(('mode__in', ['site', 'home', 'remote'])), name='session_mode_known'),
                    models.CheckConstraint(condition=models.Q(('opened_by__isnull', False), ('opened_on_device__isnull', False), _connector='OR'), name='session_opened_by_somebody'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('closed_on_device', None)), models.Q(('closed_at__gte', models.F('opened_at')), ('closed_at__isnull', False), models.Q(('closed_by__isnull', False), ('closed_on_device__isnull', False), _connector='OR')), _connector='OR'), name='session_closed_by_somebody'),
                    aptic.tenancy.rls.Tenant(name='session_rls', readers=('actor_id',), write_if='actor_id = {organisation} AND site_id = {site}'),
                ],
            },
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(condition=models.Q(('session__isnull', False)), fields=['session'], name='redemption_session'),
        ),
        migrations.RunSQL(DAY, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "sessions.sql").read_text(), migrations.RunSQL.noop),
    ]
