"""A renewal's places know the sites that they were copied from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0012_income'),
        ('qualification', '0010_hub'),
    ]

    operations = [
        migrations.AddField(
            model_name='applicationsite',
            name='site',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site'),
        ),
    ]
