"""Messages to deliver after a commit."""

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('payload', models.JSONField(default=dict)),
                ('principal', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('done_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'envoi',
                'ordering': ('due_at', 'id'),
                'indexes': [models.Index(condition=models.Q(('done_at', None), ('failed_at', None)), fields=['due_at'], name='message_due'), models.Index(fields=['organisation', '-created_at'], name='message_organisation')],
                'constraints': [models.CheckConstraint(condition=models.Q(('done_at__isnull', True), ('failed_at__isnull', True), _connector='OR'), name='message_one_end'), aptic.tenancy.rls.Tenant(name='message_rls', readers=('organisation_id',), write_if='organisation_id IS NULL', writers=('organisation_id',))],
            },
        ),
    ]
