"""Long work."""

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=160, verbose_name='titre')),
                ('params', models.JSONField(default=dict)),
                ('principal', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', 'En attente'), ('running', 'En cours'), ('done', 'Terminé'), ('failed', 'Échoué'), ('cancelled', 'Annulé')], default='queued', max_length=16)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(default=0)),
                ('message', models.CharField(blank=True, max_length=200)),
                ('step_state', models.JSONField(default=dict)),
                ('result', models.JSONField(default=dict)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('queued_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'travail',
                'ordering': ('-created_at', 'id'),
                'indexes': [models.Index(fields=['organisation', '-created_at'], name='job_organisation'), models.Index(fields=['created_by'], name='job_created_by'), models.Index(condition=models.Q(('state', 'queued')), fields=['queued_at'], name='job_queued'), models.Index(condition=models.Q(('state', 'running')), fields=['lease_until'], name='job_running')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('lease__isnull', False), ('lease_until__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('lease', None), ('lease_until', None)), _connector='OR'), name='job_running_iff_leased'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ('done', 'failed', 'cancelled'))), models.Q(('finished_at', None), ('state__in', ('queued', 'running'))), _connector='OR'), name='job_finished_iff_dated'), models.CheckConstraint(condition=models.Q(('done__gte', 0), ('total__gte', 0)), name='job_progress_positive'), models.CheckConstraint(condition=models.Q(('total', 0), ('done__lte', models.F('total')), _connector='OR'), name='job_progress_within_total'), aptic.tenancy.rls.Tenant(name='job_rls', read_if='created_by_id = {person}', readers=('organisation_id',), write_if='created_by_id = {person}', writers=('organisation_id',))],
            },
        ),
    ]
