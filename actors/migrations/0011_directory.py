"""Reports about sites, imported files of places and what they name; what the models cannot say: a site is its actor's,
and what a visitor wrote is answered, never edited nor deleted.
"""

import aptic.tenancy.rls
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.db import migrations, models


CHANGES = """
ALTER TABLE actors_sitechange ADD CONSTRAINT change_of_site
  FOREIGN KEY (site_id, actor_id) REFERENCES actors_site (id, actor_id);
REVOKE UPDATE, DELETE, TRUNCATE ON actors_sitechange FROM aptic_app;
GRANT UPDATE (state, answer, decided_by, decided_at) ON actors_sitechange TO aptic_app
"""


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0010_site_description'),
        ('documents', '0001_initial'),
        ('tenancy', '0001_initial'),
        ('territories', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlaceImport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=80, verbose_name='source')),
                ('filename', models.CharField(max_length=160, verbose_name='fichier')),
                ('job_id', models.UUIDField(null=True)),
                ('created_by', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='lignes')),
                ('added', models.PositiveIntegerField(default=0, verbose_name='nouvelles')),
                ('updated', models.PositiveIntegerField(default=0, verbose_name='mises à jour')),
                ('unchanged', models.PositiveIntegerField(default=0, verbose_name='identiques')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='à corriger')),
                ('older', models.PositiveIntegerField(default=0, verbose_name='plus anciennes que le lieu')),
                ('annotated', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='documents.document')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='documents.document')),
            ],
            options={
                'verbose_name': 'import de lieux',
                'ordering': ('-created_at', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('rows', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('added'), '+', models.F('updated')), '+', models.F('unchanged')), '+', models.F('refused')), '+', models.F('older')))), name='place_import_adds_up'),
                    aptic.tenancy.rls.Tenant(name='place_import_rls'),
                ],
            },
        ),
        migrations.CreateModel(
            name='KnownPlace',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=80, verbose_name='source')),
                ('source_id', models.CharField(max_length=120, verbose_name='identifiant')),
                ('pivot', models.CharField(blank=True, max_length=14, verbose_name='SIRET ou RNA')),
                ('name', models.CharField(max_length=200, verbose_name='nom')),
                ('search_key', models.CharField(editable=False, max_length=200)),
                ('departement_id', models.CharField(max_length=3)),
                ('address', models.CharField(max_length=200, verbose_name='adresse')),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('email', models.CharField(blank=True, max_length=254, verbose_name='adresse électronique')),
                ('opening_hours', models.CharField(blank=True, max_length=300, verbose_name='horaires')),
                ('services', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, size=None)),
                ('said_on', models.DateField(verbose_name='mis à jour le')),
                ('digest', models.CharField(max_length=64)),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='territories.commune')),
                ('last_file', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='places', to='actors.placeimport')),
            ],
            options={
                'verbose_name': 'lieu connu',
                'ordering': ('departement_id', 'search_key', 'id'),
                'indexes': [
                    models.Index(fields=['departement_id', 'search_key', 'id'], name='known_place_departement'),
                    models.Index(fields=['said_on'], name='known_place_said_on'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('source', 'source_id'), name='one_known_place_per_entry'),
                    aptic.tenancy.rls.Tenant(name='known_place_rls'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PlaceImportFault',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('line', models.PositiveIntegerField(verbose_name='ligne')),
                ('column', models.CharField(blank=True, max_length=60, verbose_name='colonne')),
                ('message', models.CharField(max_length=240, verbose_name='erreur')),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='faults', to='actors.placeimport')),
            ],
            options={
                'verbose_name': 'erreur d’import',
                'ordering': ('file', 'line', 'id'),
                'indexes': [
                    models.Index(fields=['file', 'line', 'id'], name='place_import_fault_line'),
                ],
                'constraints': [
                    aptic.tenancy.rls.Tenant(name='place_import_fault_rls'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SiteChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('closed', 'Ce lieu est fermé ou n’existe plus'), ('hours', 'Les horaires ont changé'), ('contact', 'Le téléphone ou l’adresse électronique ne répond pas'), ('place', 'L’adresse ou le point sur la carte est faux'), ('services', 'Les services ne sont pas ceux-là'), ('refused', 'On y a refusé mon pass'), ('other', 'Autre chose')], max_length=8, verbose_name='ce qui a changé')),
                ('message', models.CharField(blank=True, max_length=600, verbose_name='précisions')),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'À traiter'), ('accepted', 'Retenu'), ('closed', 'Écarté')], default='open', max_length=8)),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='changes', to='actors.site')),
            ],
            options={
                'verbose_name': 'signalement',
                'ordering': ('-created_at', 'id'),
                'indexes': [
                    models.Index(condition=models.Q(('state', 'open')), fields=['created_at'], name='site_change_waiting'),
                    models.Index(fields=['actor', '-created_at'], name='site_change_actor'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='site_change_decided_iff_dated'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='site_change_closed_for_a_reason', violation_error_message='Dites pourquoi vous écartez ce signalement.'),
                    aptic.tenancy.rls.Tenant(insert_if="state = 'open' AND decided_at IS NULL AND answer = ''", name='site_change_rls', read_if="actor_id = {organisation} AND kind <> 'refused'", write_if="actor_id = {organisation} AND kind <> 'refused'"),
                ],
            },
        ),
        migrations.RunSQL(CHANGES, migrations.RunSQL.noop),
    ]
