"""Each actor's ratio, each territory's ratio and coverage, and the versions of what « operational » asks."""

import aptic.tenancy.rls
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

THRESHOLDS = """
INSERT INTO impact_thresholds
       (version, near_percent, mean_km, actors, inhabitants_per_site, hours_percent, services, reason, set_at, set_by)
VALUES (1, 80, 12, 2, 30000, 50, '{1,2,4}', 'Seuils de départ : de quoi recevoir les premiers pass.', now(), NULL)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('impact', '0003_observation'),
        ('tenancy', '0001_initial'),
        ('territories', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActorRatio',
            fields=[
                ('forecast_cents', models.BigIntegerField(null=True)),
                ('low_cents', models.BigIntegerField(null=True)),
                ('high_cents', models.BigIntegerField(null=True)),
                ('error', models.FloatField(null=True)),
                ('tested', models.PositiveIntegerField(default=0)),
                ('computed_at', models.DateTimeField()),
                ('actor', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='ratio', serialize=False, to='tenancy.organisation')),
                ('earned_cents', models.BigIntegerField()),
                ('before_cents', models.BigIntegerField()),
                ('pace_cents', models.BigIntegerField()),
                ('alert', models.CharField(blank=True, choices=[('', 'dans l’objectif'), ('new', 'trop récent pour le dire'), ('starving', 'sous le ratio'), ('overloaded', 'surchargé')], default='', max_length=10)),
            ],
            options={
                'verbose_name': 'ratio d’un acteur',
                'ordering': ('-earned_cents', 'actor'),
                'indexes': [models.Index(fields=['alert', 'earned_cents'], name='actor_ratio_alert')],
                'constraints': [aptic.tenancy.rls.Tenant(name='actor_ratio_rls', readers=('actor_id',))],
            },
        ),
        migrations.CreateModel(
            name='CommuneAccess',
            fields=[
                ('commune', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='access', serialize=False, to='territories.commune')),
                ('nearest_km', models.FloatField(null=True)),
                ('sites', models.PositiveIntegerField()),
                ('actors', models.PositiveIntegerField()),
                ('hours_known', models.PositiveIntegerField()),
                ('services', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('computed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'accès d’une commune',
                'constraints': [aptic.tenancy.rls.Tenant(name='commune_access_rls', read_if='true')],
            },
        ),
        migrations.CreateModel(
            name='Coverage',
            fields=[
                ('territory', models.CharField(max_length=24, primary_key=True, serialize=False)),
                ('population', models.PositiveIntegerField()),
                ('near_population', models.PositiveIntegerField()),
                ('far_population', models.PositiveIntegerField()),
                ('mean_km', models.FloatField(null=True)),
                ('sites', models.PositiveIntegerField()),
                ('actors', models.PositiveIntegerField()),
                ('hours_known', models.PositiveIntegerField()),
                ('services', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('room_cents', models.BigIntegerField(null=True)),
                ('version', models.PositiveIntegerField()),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), size=None)),
                ('operational', models.BooleanField()),
                ('computed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'couverture',
                'ordering': ('territory',),
                'constraints': [aptic.tenancy.rls.Tenant(name='coverage_rls', read_if='true')],
            },
        ),
        migrations.CreateModel(
            name='TerritoryRatio',
            fields=[
                ('forecast_cents', models.BigIntegerField(null=True)),
                ('low_cents', models.BigIntegerField(null=True)),
                ('high_cents', models.BigIntegerField(null=True)),
                ('error', models.FloatField(null=True)),
                ('tested', models.PositiveIntegerField(default=0)),
                ('computed_at', models.DateTimeField()),
                ('territory', models.CharField(max_length=24, primary_key=True, serialize=False)),
                ('stock_cents', models.BigIntegerField()),
                ('earned_cents', models.BigIntegerField()),
                ('actors', models.PositiveIntegerField()),
                ('starving', models.PositiveIntegerField()),
                ('overloaded', models.PositiveIntegerField()),
                ('lowest_cents', models.BigIntegerField(null=True)),
                ('median_cents', models.BigIntegerField(null=True)),
                ('highest_cents', models.BigIntegerField(null=True)),
            ],
            options={
                'verbose_name': 'ratio d’un territoire',
                'ordering': ('territory',),
                'constraints': [aptic.tenancy.rls.Tenant(name='territory_ratio_rls')],
            },
        ),
        migrations.CreateModel(
            name='Thresholds',
            fields=[
                ('version', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('near_percent', models.PositiveSmallIntegerField(verbose_name='habitants à moins de 15 km d’un lieu')),
                ('mean_km', models.PositiveSmallIntegerField(verbose_name='distance moyenne au lieu le plus proche')),
                ('actors', models.PositiveSmallIntegerField(verbose_name='acteurs qualifiés')),
                ('inhabitants_per_site', models.PositiveIntegerField(verbose_name='habitants par lieu')),
                ('hours_percent', models.PositiveSmallIntegerField(verbose_name='lieux dont les horaires sont connus')),
                ('services', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None, verbose_name='services nécessaires')),
                ('reason', models.CharField(max_length=300, verbose_name='motif')),
                ('set_at', models.DateTimeField()),
                ('set_by', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'seuils',
                'ordering': ('-version',),
                'constraints': [models.CheckConstraint(condition=models.Q(('hours_percent__lte', 100), ('inhabitants_per_site__gt', 0), ('near_percent__lte', 100)), name='thresholds_sound'), aptic.tenancy.rls.Tenant(append_only=True, name='thresholds_rls', read_if='true')],
            },
        ),
        migrations.RunSQL(THRESHOLDS, migrations.RunSQL.noop),
    ]
