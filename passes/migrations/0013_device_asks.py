"""What a device asks to undo, the operator alone answers: the actor's people no longer write such an answer."""

from django.db import migrations

import aptic.tenancy.rls

WRITE_IF = "actor_id = {organisation} AND (asked_by IS NOT NULL OR state = 'waiting')"


class Migration(migrations.Migration):
    """One policy."""

    dependencies = [("passes", "0012_replacements"), ("tenancy", "0001_initial")]
    operations = [
        migrations.RemoveConstraint(model_name="voidrequest", name="void_request_rls"),
        migrations.AddConstraint(
            model_name="voidrequest",
            constraint=aptic.tenancy.rls.Tenant(name="void_request_rls", readers=("actor_id",), write_if=WRITE_IF),
        ),
    ]
