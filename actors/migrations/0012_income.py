"""What actors declare of their income: private to their own managers and finance, append-only, each year during the next."""

import aptic.tenancy.rls
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


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
                'constraints': [models.UniqueConstraint(fields=('actor', 'year', 'version'), name='income_version_once', violation_error_message='Cette année vient d’être corrigée par quelqu’un d’autre.'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='income_version_counts'), models.CheckConstraint(condition=models.Q(('delegation_cents__range', (0, 100000000000))), name='income_delegation_sound'), models.CheckConstraint(condition=models.Q(('training_cents__range', (0, 100000000000))), name='income_training_sound'), models.CheckConstraint(condition=models.Q(('rooms_cents__range', (0, 100000000000))), name='income_rooms_sound'), models.CheckConstraint(condition=models.Q(('intermediation_cents__range', (0, 100000000000))), name='income_intermediation_sound'), models.CheckConstraint(condition=models.Q(('hosting_cents__range', (0, 100000000000))), name='income_hosting_sound'), models.CheckConstraint(condition=models.Q(('engineering_cents__range', (0, 100000000000))), name='income_engineering_sound'), models.CheckConstraint(condition=models.Q(('members_cents__range', (0, 100000000000))), name='income_members_sound'), models.CheckConstraint(condition=models.Q(('other_cents__range', (0, 100000000000))), name='income_other_sound'), models.CheckConstraint(condition=models.Q(('year', django.db.models.expressions.CombinedExpression(models.Func(models.F('declared_at'), output_field=models.IntegerField(), template="extract(year FROM %(expressions)s AT TIME ZONE 'Europe/Paris')::int"), '-', models.Value(1)))), name='income_declared_in_time', violation_error_message='Une année se déclare, et se corrige, l’année suivante.'), aptic.tenancy.rls.Tenant(append_only=True, name='income_declaration_rls', private=('finance', 'manager'), readers=('actor_id',), writers=('actor_id',))],
            },
        ),
    ]
