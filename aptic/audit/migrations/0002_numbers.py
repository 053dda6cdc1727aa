"""A line's number counts from the base."""

import aptic.xid
from django.db import migrations


class Migration(migrations.Migration):
    """The number's default."""

    dependencies = [("audit", "0001_initial"), ("tenancy", "0002_numbers")]
    operations = [
        migrations.AlterField(
            model_name="event",
            name="xid",
            field=aptic.xid.XidField(db_default=aptic.xid.Xid(), db_index=True, editable=False),
        ),
    ]
