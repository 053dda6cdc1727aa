"""What is put into the guarantee: entered by one person, confirmed by another; only the operator reads it.

A claim and the guarantee never go below zero from now on (aptic/ledger/kinds.py): none of their accounts exists yet.
"""

import aptic.tenancy.rls
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    """The guarantee's payments."""

    dependencies = [
        ('ledger', '0005_guard_by_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='GuaranteeFunding',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_cents', models.BigIntegerField(verbose_name='montant')),
                ('bank_reference', models.CharField(max_length=60, unique=True, verbose_name='référence du virement')),
                ('received_on', models.DateField(verbose_name='reçu le')),
                ('entered_by', models.UUIDField()),
                ('entered_at', models.DateTimeField()),
                ('confirmed_by', models.UUIDField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'versement à la garantie',
                'ordering': ('-entered_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='guarantee_funding_positive'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), models.Q(('confirmed_by', models.F('entered_by')), _negated=True)), _connector='OR'), name='guarantee_funding_two_people', violation_error_message='Une autre personne doit confirmer ce versement.'), aptic.tenancy.rls.Tenant(name='guarantee_funding_rls')],
            },
        ),
    ]
