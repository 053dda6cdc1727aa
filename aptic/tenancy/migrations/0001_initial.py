"""Organisations, the installation's row, and the function that append-only triggers call."""

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models


REFUSE_CHANGE = """
CREATE FUNCTION aptic_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
ONE_INSTALLATION = """
INSERT INTO tenancy_installation (id, demonstration, code_key_check, created_at) VALUES (1, false, '', now());
REVOKE INSERT, UPDATE, DELETE ON tenancy_installation FROM aptic_app, aptic_system
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('territories', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION aptic_refuse_change()"),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('demonstration', models.BooleanField(default=False)),
                ('code_key_check', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_installation')],
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160, verbose_name='nom')),
                ('search_key', models.CharField(db_index=True, editable=False, max_length=160)),
                ('siret', models.CharField(blank=True, max_length=14, null=True, unique=True, verbose_name='SIRET')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='adresse')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse électronique')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('is_operator', models.BooleanField(default=False)),
                ('is_funder', models.BooleanField(default=False)),
                ('is_distributor', models.BooleanField(default=False)),
                ('is_actor', models.BooleanField(default=False)),
                ('is_hub', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('commune', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to='territories.commune', verbose_name='commune')),
            ],
            options={
                'verbose_name': 'organisation',
                'ordering': ('search_key', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_operator', True)), fields=('is_operator',), name='one_operator', violation_error_message='Il n’y a qu’un opérateur par installation.'), models.CheckConstraint(condition=models.Q(('siret__isnull', True), ('siret__regex', '^\\d{14}$'), _connector='OR'), name='organisation_siret_digits'), aptic.tenancy.rls.Tenant(name='organisation_rls', read_if='true')],
            },
        ),
        migrations.RunSQL(ONE_INSTALLATION, migrations.RunSQL.noop),
    ]
