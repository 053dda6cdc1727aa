"""What the actors' models cannot say: a device's site is real, and the locks that settlement and voids share."""

from django.db import migrations

DEVICE = """
ALTER TABLE accounts_device ADD CONSTRAINT device_at_site
  FOREIGN KEY (site_id, organisation_id) REFERENCES actors_site (id, actor_id)
"""

# With the owner's rights: a till may hold its actor's row, and may not write it.
HOLD = """
CREATE FUNCTION actors_hold(actor uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM actors_actor WHERE organisation_id = actor FOR SHARE;
END $$
"""


class Migration(migrations.Migration):
    """Hand-written rules of the actors."""

    dependencies = [("actors", "0002_initial"), ("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(DEVICE, migrations.RunSQL.noop),
        migrations.RunSQL(HOLD, "DROP FUNCTION actors_hold(uuid)"),
    ]
