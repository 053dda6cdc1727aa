"""The trail, its seals and the published heads."""

import aptic.audit.models
import aptic.tenancy.rls
import aptic.xid
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=aptic.audit.models.DatabaseClock())),
                ('xid', aptic.xid.XidField(db_default=aptic.xid.CurrentXid(), db_index=True, editable=False)),
                ('person_id', models.UUIDField(null=True)),
                ('organisation_id', models.UUIDField(null=True)),
                ('hat', models.CharField(max_length=16)),
                ('request_id', models.UUIDField(null=True)),
                ('verb', models.CharField(max_length=60)),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=64)),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
            ],
            options={
                'verbose_name': 'événement',
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['organisation_id', '-id'], name='event_organisation'), models.Index(fields=['object_type', 'object_id'], name='event_object')],
                'constraints': [models.CheckConstraint(condition=models.Q(('verb', ''), _negated=True), name='event_verb_named'), aptic.tenancy.rls.Tenant(append_only=True, name='event_rls', readers=('organisation_id',), write_if='organisation_id IS NULL', writers=('organisation_id',))],
            },
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('seal_id', models.BigIntegerField()),
                ('hash', models.BinaryField()),
                ('published_at', models.DateTimeField(db_default=aptic.audit.models.DatabaseClock())),
            ],
            options={
                'verbose_name': 'empreinte du jour',
                'ordering': ('-day',),
                'constraints': [aptic.tenancy.rls.Tenant(append_only=True, name='head_rls', read_if='true')],
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=aptic.audit.models.DatabaseClock())),
                ('table', models.CharField(max_length=60)),
                ('low', models.BigIntegerField()),
                ('high', models.BigIntegerField()),
                ('first', models.BigIntegerField()),
                ('last', models.BigIntegerField()),
                ('count', models.BigIntegerField()),
                ('rows_hash', models.BinaryField()),
                ('previous', models.BinaryField(unique=True)),
                ('hash', models.BinaryField(unique=True)),
            ],
            options={
                'verbose_name': 'scellé',
                'ordering': ('id',),
                'constraints': [models.UniqueConstraint(fields=('table', 'low'), name='seal_once'), models.CheckConstraint(condition=models.Q(('low__lt', models.F('high'))), name='seal_range'), models.CheckConstraint(condition=models.Q(('count__gt', 0)), name='seal_not_empty'), aptic.tenancy.rls.Tenant(append_only=True, name='seal_rls')],
            },
        ),
    ]
