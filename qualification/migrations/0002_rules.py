"""The counter under each cap, moved by trigger with every qualification."""

from django.db import migrations

# With the owner's rights: nobody who serves may write `qualified`.
COUNT = """
CREATE FUNCTION qualification_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE before integer := 0; after integer := 0;
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.until IS NULL THEN before := 1; END IF;
  IF TG_OP <> 'DELETE' AND NEW.until IS NULL THEN after := 1; END IF;
  IF TG_OP <> 'INSERT' AND TG_OP <> 'DELETE' AND OLD.territory <> NEW.territory THEN
    RAISE EXCEPTION 'a qualification stays in its territory' USING ERRCODE = 'check_violation';
  END IF;
  IF before <> after THEN
    UPDATE qualification_cap SET qualified = qualified + after - before
     WHERE territory = coalesce(NEW.territory, OLD.territory);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER qualification_count AFTER INSERT OR UPDATE OR DELETE ON qualification_qualification
  FOR EACH ROW EXECUTE FUNCTION qualification_count();
REVOKE UPDATE, DELETE ON qualification_cap FROM aptic_app, aptic_system;
GRANT UPDATE (cap, exceptions, exception_reason, updated_at) ON qualification_cap TO aptic_app
"""


class Migration(migrations.Migration):
    """Hand-written rules of the caps."""

    dependencies = [("qualification", "0001_initial")]
    operations = [migrations.RunSQL(COUNT, "DROP FUNCTION qualification_count() CASCADE")]
