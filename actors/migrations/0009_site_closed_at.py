"""When a site was closed: what its tills did before that instant, off line, may still be heard (passes/held.py)."""

from django.db import migrations, models
from django.db.models import Q

# The instant of a closing made before this column existed is not known; the last moment it can have been is now.
DATE = "UPDATE actors_site SET closed_at = now() WHERE NOT open"


class Migration(migrations.Migration):
    """A date for a state, and the check that they agree."""

    dependencies = [("actors", "0008_quick_mode")]
    operations = [
        migrations.AddField(
            model_name="site", name="closed_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.RunSQL(DATE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=Q(Q(("closed_at__isnull", True), ("open", True)), Q(("closed_at__isnull", False), ("open", False)), _connector="OR"),
                name="site_closed_iff_dated",
            ),
        ),
    ]
