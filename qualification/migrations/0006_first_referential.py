"""Version 1 of the questionnaire, the charter and the terms, in force from the start."""

import uuid
from typing import Any

from django.db import migrations
from django.utils import timezone

from qualification import first_referential as first


def publish(apps: Any, schema_editor: Any) -> None:
    """Weights first as a draft: a published version's can no longer be written."""
    now, alias = timezone.now(), schema_editor.connection.alias
    referentials = apps.get_model("qualification", "Referential").objects.using(alias)
    referential = referentials.create(
        id=uuid.uuid4(), number=1, content=first.content(), note="Première version.", created_at=now
    )
    weightings = apps.get_model("qualification", "Weighting").objects.using(alias)
    weightings.create(referential=referential, points=first.points(), pass_mark=first.PASS_MARK)
    referentials.filter(pk=referential.pk).update(state="published", published_at=now)
    texts = apps.get_model("qualification", "LegalText").objects.using(alias)
    for kind, body in (("charter", first.CHARTER), ("terms", first.TERMS)):
        texts.create(id=uuid.uuid4(), kind=kind, number=1, body=body, created_at=now, published_at=now)


class Migration(migrations.Migration):
    """Data alone: policies of 0005 are made when its transaction ends."""

    dependencies = [("qualification", "0005_referential")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
