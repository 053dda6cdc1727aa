"""What each verification of the seals found."""

import aptic.audit.models
import aptic.tenancy.rls
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [
        ('audit', '0002_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=aptic.audit.models.DatabaseClock())),
                ('seals', models.BigIntegerField()),
                ('seal_id', models.BigIntegerField(null=True)),
                ('table', models.CharField(max_length=60)),
                ('reason', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name': 'vérification des scellés',
                'ordering': ('-id',),
                'constraints': [aptic.tenancy.rls.Tenant(append_only=True, name='verification_rls')],
            },
        ),
    ]
