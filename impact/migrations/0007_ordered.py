"""What is ordered near a territory and not yet in circulation, and what a year will use of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('impact', '0006_counted_ahead'),
    ]

    operations = [
        migrations.AddField(
            model_name='territoryratio',
            name='ordered_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='territoryratio',
            name='ordered_forecast_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
