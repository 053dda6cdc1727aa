"""Incidents, held lines, late voids and the ceiling of a device without a network; what guards them in PostgreSQL, and
the redeem functions as they are now: a held line is redeemed once two people have released it.
"""

from pathlib import Path

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models


SQL = Path(__file__).resolve().parent.parent / "sql"
FUNCTIONS = (SQL / "redeem.sql").read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
CEILING = "INSERT INTO passes_offlineceiling (id, amount_cents, passes, hours) VALUES (1, 20000, 20, 72)"


class Migration(migrations.Migration):
    """Tables, guards and functions."""


    dependencies = [
        ('actors', '0009_site_closed_at'),
        ('ledger', '0006_guarantee_funding'),
        ('passes', '0004_hand_out_lock'),
        ('tenancy', '0001_initial'),
        ('vocabulary', '0002_services'),
    ]

    operations = [
        migrations.CreateModel(
            name='OfflineCeiling',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('amount_cents', models.PositiveIntegerField(default=20000, verbose_name='montant')),
                ('passes', models.PositiveIntegerField(default=20, verbose_name='pass')),
                ('hours', models.PositiveSmallIntegerField(default=72, verbose_name='heures')),
            ],
            options={
                'verbose_name': 'plafond hors ligne',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_offline_ceiling'), models.CheckConstraint(condition=models.Q(('hours__gte', 1), ('hours__lte', 72)), name='offline_ceiling_hours'), aptic.tenancy.rls.Tenant(name='offline_ceiling_rls', read_if='true')],
            },
        ),
        migrations.CreateModel(
            name='Held',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('pass_id', models.IntegerField()),
                ('device_id', models.UUIDField(null=True)),
                ('person_id', models.UUIDField(null=True)),
                ('value_cents', models.PositiveIntegerField()),
                ('occurred_at', models.DateTimeField()),
                ('session', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('cause', models.CharField(choices=[('device', 'Appareil arrêté'), ('actor', 'Acteur suspendu'), ('site', 'Lieu fermé')], max_length=6)),
                ('stopped_at', models.DateTimeField()),
                ('beyond_ceiling', models.BooleanField()),
                ('state', models.CharField(choices=[('waiting', 'À instruire'), ('prepared', 'À approuver'), ('released', 'Accepté'), ('refused', 'Refusé')], default='waiting', max_length=8)),
                ('release', models.BooleanField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                ('prepared_by', models.UUIDField(null=True)),
                ('prepared_at', models.DateTimeField(null=True)),
                ('approved_by', models.UUIDField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='passes.batch')),
                ('distributor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('funder', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('service', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='vocabulary.service')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site')),
            ],
            options={
                'verbose_name': 'encaissement retenu',
                'verbose_name_plural': 'encaissements retenus',
                'ordering': ('recorded_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('occurred_at__lt', models.F('stopped_at'))), name='held_before_the_stop'), models.CheckConstraint(condition=models.Q(('value_cents__gt', 0)), name='held_value_positive'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('prepared_by__isnull', False), models.Q(('approved_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='held_two_people', violation_error_message='Une autre personne doit approuver cette décision.'), models.CheckConstraint(condition=models.Q(models.Q(('approved_by', None), ('prepared_by', None), ('release', None), ('state', 'waiting')), models.Q(('approved_by', None), ('prepared_by__isnull', False), ('release__isnull', False), ('state', 'prepared')), models.Q(('approved_by__isnull', False), ('release', True), ('state', 'released')), models.Q(('approved_by__isnull', False), ('release', False), ('state', 'refused')), _connector='OR'), name='held_state_agrees'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('release', None)), models.Q(('reason', ''), ('release', True)), models.Q(('release', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='held_refusal_explained'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='held_approval_dated'), aptic.tenancy.rls.Tenant(insert_if="actor_id = {organisation} AND site_id = {site} AND pass_id = ANY({passes}) AND state = 'waiting'", name='held_rls', readers=('actor_id',))],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('redemption', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='incident', serialize=False, to='passes.redemption')),
                ('kind', models.CharField(choices=[('offline', 'Refusé après coup'), ('mistake', 'Encaissé par erreur, déjà payé')], max_length=8)),
                ('value_cents', models.PositiveIntegerField()),
                ('within_ceiling', models.BooleanField()),
                ('bearer', models.CharField(choices=[('guarantee', 'La garantie'), ('site', 'Le lieu')], max_length=9)),
                ('opened_at', models.DateTimeField()),
                ('deadline', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'À instruire'), ('prepared', 'À approuver'), ('awaiting', 'Remboursement attendu'), ('closed', 'Clos')], default='open', max_length=8)),
                ('decision', models.CharField(blank=True, choices=[('guarantee', 'La garantie paie le lieu'), ('site', 'Le lieu garde la perte'), ('retained', 'Retenir sur le prochain paiement'), ('repaid', 'Attendre un remboursement par virement'), ('kept', 'Maintenir l’encaissement')], max_length=9)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                ('prepared_by', models.UUIDField(null=True)),
                ('prepared_at', models.DateTimeField(null=True)),
                ('approved_by', models.UUIDField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('bank_reference', models.CharField(blank=True, max_length=60)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('funder', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('purse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='ledger.purse')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site')),
            ],
            options={
                'verbose_name': 'incident',
                'ordering': ('deadline', 'redemption_id'),
                'indexes': [models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['deadline'], name='incident_pending')],
                'constraints': [models.CheckConstraint(condition=models.Q(('value_cents__gt', 0)), name='incident_value_positive'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('prepared_by__isnull', False), models.Q(('approved_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='incident_two_people', violation_error_message='Une autre personne doit approuver cette décision.'), models.CheckConstraint(condition=models.Q(models.Q(('approved_by', None), ('closed_at', None), ('decision', ''), ('prepared_by', None), ('state', 'open')), models.Q(('approved_by', None), ('closed_at', None), ('prepared_by__isnull', False), ('state', 'prepared'), models.Q(('decision', ''), _negated=True)), models.Q(('approved_by__isnull', False), ('closed_at', None), ('decision', 'repaid'), ('state', 'awaiting')), models.Q(('approved_by__isnull', False), ('closed_at__isnull', False), ('state', 'closed'), models.Q(('decision', ''), _negated=True)), _connector='OR'), name='incident_state_agrees'), models.CheckConstraint(condition=models.Q(models.Q(('prepared_at__isnull', True), ('prepared_by__isnull', True)), models.Q(('prepared_at__isnull', False), ('prepared_by__isnull', False)), _connector='OR'), name='incident_preparation_dated'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='incident_approval_dated'), models.CheckConstraint(condition=models.Q(('decision', ''), models.Q(('bearer', 'guarantee'), ('decision', 'guarantee'), ('kind', 'offline')), models.Q(('bearer', 'site'), ('decision', 'site'), ('kind', 'offline')), models.Q(('bearer', 'guarantee'), ('decision', 'site'), ('kind', 'offline'), models.Q(('note', ''), _negated=True)), models.Q(('bearer', 'site'), ('decision__in', ['retained', 'repaid']), ('kind', 'mistake')), models.Q(('bearer', 'site'), ('decision', 'kept'), ('kind', 'mistake'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='incident_decision_fits'), models.CheckConstraint(condition=models.Q(models.Q(('decision', 'repaid'), ('state', 'closed'), _negated=True), models.Q(('bank_reference', ''), _negated=True), _connector='OR'), name='incident_repayment_named'), aptic.tenancy.rls.Tenant(insert_if="actor_id = {organisation} AND state = 'open'", name='incident_rls', readers=('actor_id',))],
            },
        ),
        migrations.CreateModel(
            name='VoidRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('value_cents', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=300, verbose_name='pourquoi annuler')),
                ('asked_by', models.UUIDField(null=True)),
                ('device_id', models.UUIDField(null=True)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'À approuver'), ('approved', 'Annulé'), ('refused', 'Refusé'), ('incident', 'Déjà payé : l’opérateur instruit')], default='waiting', max_length=8)),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='réponse')),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('redemption', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='void_requests', to='passes.redemption')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site')),
            ],
            options={
                'verbose_name': 'demande d’annulation',
                'verbose_name_plural': 'demandes d’annulation',
                'ordering': ('asked_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('redemption',), name='one_waiting_void_request'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('asked_by__isnull', False), ('device_id__isnull', False), _connector='OR')), name='void_request_says_who_and_why'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), ('asked_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='void_request_two_people', violation_error_message='Une autre personne doit répondre à cette demande.'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='void_request_answered'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='void_refusal_explained'), aptic.tenancy.rls.Tenant(name='void_request_rls', readers=('actor_id',), writers=('actor_id',))],
            },
        ),
        migrations.RunSQL(CEILING, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "conflicts.sql").read_text(), migrations.RunSQL.noop),
    ]
