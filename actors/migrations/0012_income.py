"""What actors declare of their income: private to their own managers and finance, append-only, in its year."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import aptic.tenancy.rls


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0011_directory'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='IncomeDeclaration',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('year', models.PositiveSmallIntegerField(verbose_name='année')),
                ('version', models.PositiveSmallIntegerField()),
                ('delegation_cents', models.BigIntegerField(verbose_name='Délégation de service public')),
                ('training_cents', models.BigIntegerField(verbose_name='Formations et prestations')),
                ('rooms_cents', models.BigIntegerField(verbose_name='Location de salles et de matériel')),
                ('intermediation_cents', models.BigIntegerField(verbose_name='Intermédiation')),
                ('hosting_cents', models.BigIntegerField(verbose_name='Accueil d’activités')),
                ('engineering_cents', models.BigIntegerField(verbose_name='Ingénierie de projets')),
                ('members_cents', models.BigIntegerField(verbose_name='Services aux adhérents')),
                ('other_cents', models.BigIntegerField(verbose_name='Subventions, dons et autres')),
                ('declared_at', models.DateTimeField()),
                ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'revenus déclarés',
                'ordering': ('-year', '-version'),
                'constraints': [],
            },
        ),
    ]
