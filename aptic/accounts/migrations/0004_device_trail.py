"""Who stopped a device, and what its pairing link may say of it before anybody claims it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whoever holds the secret learns the name and the site; nobody else learns that the device exists.
FIND = """
CREATE FUNCTION accounts_find_device(presented bytea) RETURNS TABLE (id uuid, name text, site_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.id, d.name::text, d.site_id FROM accounts_device d
   WHERE d.revoked_at IS NULL
     AND (d.digest = presented OR d.pairing_digest = presented AND d.pairing_expires_at > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION accounts_find_device(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_find_device(bytea) TO aptic_app
"""


class Migration(migrations.Migration):
    """One column, its constraint, one function."""

    dependencies = [("accounts", "0003_trail")]
    operations = [
        migrations.AddField(
            model_name="device",
            name="revoked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("revoked_by__isnull", True), ("revoked_at__isnull", False), _connector="OR"),
                name="device_revoked_by_iff_dated",
            ),
        ),
        migrations.RunSQL(FIND, "DROP FUNCTION accounts_find_device(bytea)"),
    ]
