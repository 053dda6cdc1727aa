"""Whoever gave a refusal that an appeal reopened does not answer that file again, held by PostgreSQL too."""

from django.db import migrations

GUARD = """
CREATE FUNCTION qualification_heard_by_another() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM qualification_appeal
              WHERE application_id = NEW.id AND granted AND refused_by = NEW.decided_by) THEN
    RAISE EXCEPTION 'a refusal that was reopened is answered by somebody else' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
-- A file that gives way to another (« replaced ») is answered by nobody.
CREATE TRIGGER application_heard_by_another BEFORE UPDATE ON qualification_application
  FOR EACH ROW WHEN (NEW.state IN ('waiting', 'accepted', 'refused') AND NEW.decided_by IS NOT NULL
                     AND (OLD.state, OLD.decided_by) IS DISTINCT FROM (NEW.state, NEW.decided_by))
  EXECUTE FUNCTION qualification_heard_by_another()
"""
UNGUARD = "DROP FUNCTION qualification_heard_by_another() CASCADE"


class Migration(migrations.Migration):
    """A trigger alone."""

    dependencies = [("qualification", "0011_renewed_sites")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
