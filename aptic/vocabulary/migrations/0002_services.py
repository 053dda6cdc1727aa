"""Write the services of `table.py`; a later change of that table comes with another migration like this one."""

from typing import Any

from django.db import migrations

from aptic.vocabulary.table import rows


def write(apps: Any, schema_editor: Any) -> None:
    """Upsert by id: parents come first in the table."""
    service = apps.get_model("vocabulary", "Service")
    service.objects.using(schema_editor.connection.alias).bulk_create(
        [service(**row) for row in rows()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["slug", "name", "description", "kind", "parent", "position", "active"],
    )


class Migration(migrations.Migration):
    dependencies = [("vocabulary", "0001_initial")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop, elidable=False)]
