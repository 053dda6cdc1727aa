"""People, memberships, invitations, devices and API keys."""

import aptic.tenancy.rls
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='adresse électronique')),
                ('full_name', models.CharField(max_length=120, verbose_name='nom et prénom')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('anonymised_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'personne',
                'ordering': ('full_name', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower'), models.CheckConstraint(condition=models.Q(('anonymised_at__isnull', True), ('is_active', False), _connector='OR'), name='user_erased_is_inactive')],
            },
        ),
        migrations.CreateModel(
            name='APIKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('hat', models.CharField(choices=[('operator', 'operator'), ('funder', 'funder'), ('distributor', 'distributor'), ('actor', 'actor'), ('hub', 'hub'), ('public', 'public')], max_length=16)),
                ('name', models.CharField(max_length=80, verbose_name='nom de la clé')),
                ('prefix', models.CharField(editable=False, max_length=12)),
                ('digest', models.BinaryField(unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'clé d’accès',
                'ordering': ('-created_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('hat__in', ['operator', 'funder', 'distributor', 'actor', 'hub'])), name='api_key_hat_known'), aptic.tenancy.rls.Tenant(name='api_key_rls', readers=('organisation_id',), writers=('organisation_id',))],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('site_id', models.UUIDField(db_index=True)),
                ('name', models.CharField(max_length=80, verbose_name='nom de l’appareil')),
                ('digest', models.BinaryField(null=True, unique=True)),
                ('pairing_digest', models.BinaryField(null=True, unique=True)),
                ('pairing_expires_at', models.DateTimeField(editable=False, null=True)),
                ('paired_at', models.DateTimeField(editable=False, null=True)),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'appareil',
                'ordering': ('name', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('digest__isnull', True), ('paired_at__isnull', True)), models.Q(('digest__isnull', False), ('paired_at__isnull', False)), _connector='OR'), name='device_paired_iff_dated'), models.CheckConstraint(condition=models.Q(models.Q(('pairing_digest__isnull', True), ('pairing_expires_at__isnull', True)), models.Q(('pairing_digest__isnull', False), ('pairing_expires_at__isnull', False)), _connector='OR'), name='device_pairing_iff_dated'), aptic.tenancy.rls.Tenant(name='device_rls', readers=('organisation_id',), writers=('organisation_id',))],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, verbose_name='adresse électronique')),
                ('role', models.CharField(choices=[('manager', 'Responsable'), ('finance', 'Gestion financière'), ('agent', 'Agent'), ('scanner', 'Guichet seulement')], max_length=16, verbose_name='rôle')),
                ('digest', models.BinaryField(unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'invitation',
                'ordering': ('-created_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['manager', 'finance', 'agent', 'scanner'])), name='invitation_role_known'), models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='invitation_email_lower'), models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('revoked_at__isnull', True), _connector='OR'), name='invitation_one_end'), aptic.tenancy.rls.Tenant(name='invitation_rls', readers=('organisation_id',), writers=('organisation_id',))],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('manager', 'Responsable'), ('finance', 'Gestion financière'), ('agent', 'Agent'), ('scanner', 'Guichet seulement')], max_length=16, verbose_name='rôle')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='memberships', to='tenancy.organisation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'appartenance',
                'ordering': ('user__full_name', 'id'),
                'constraints': [models.UniqueConstraint(fields=('user', 'organisation'), name='membership_once'), models.CheckConstraint(condition=models.Q(('role__in', ['manager', 'finance', 'agent', 'scanner'])), name='membership_role_known'), aptic.tenancy.rls.Tenant(name='membership_rls', read_if='user_id = {person}', readers=('organisation_id',), writers=('organisation_id',))],
            },
        ),
    ]
