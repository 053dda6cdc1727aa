"""What is too long to count for a page: the whole scheme's figures, each hour; an actor's days to payment, each night."""

import aptic.tenancy.rls
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('impact', '0005_hub'),
    ]

    operations = [
        migrations.AddField(
            model_name='actorratio',
            name='days_to_payment',
            field=models.FloatField(null=True),
        ),
        migrations.CreateModel(
            name='SchemeFigures',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('counted_at', models.DateTimeField()),
                ('seconds', models.FloatField()),
                ('figures', models.JSONField()),
            ],
            options={
                'verbose_name': 'chiffres du dispositif',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_scheme_figures'), aptic.tenancy.rls.Tenant(name='scheme_figures_rls')],
            },
        ),
    ]
