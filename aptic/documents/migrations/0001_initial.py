"""Stored files."""

import aptic.tenancy.rls
import django.contrib.postgres.fields
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
            name='Document',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=160, verbose_name='titre')),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, size=None)),
                ('filename', models.CharField(max_length=160)),
                ('media_type', models.CharField(max_length=100)),
                ('storage_name', models.CharField(editable=False, max_length=200, unique=True)),
                ('encrypted', models.BooleanField(default=False)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delete_after', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('reader', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'document',
                'ordering': ('-created_at', 'id'),
                'indexes': [models.Index(fields=['owner', '-created_at'], name='document_owner'), models.Index(fields=['reader', '-created_at'], name='document_reader'), models.Index(condition=models.Q(('delete_after__isnull', False), ('deleted_at', None)), fields=['delete_after'], name='document_delete_after')],
                'constraints': [models.CheckConstraint(condition=models.Q(('size__gte', 0)), name='document_size_positive'), aptic.tenancy.rls.Tenant(name='document_rls', readers=('owner_id', 'reader_id'), writers=('owner_id',))],
            },
        ),
    ]
