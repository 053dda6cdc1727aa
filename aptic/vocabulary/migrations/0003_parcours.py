"""Local parcours: two functions for the operator. The table stays read-only for every role that serves."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION vocabulary_add_parcours(under integer, wanted_slug text, wanted_name text, said text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made integer;
BEGIN
  IF current_setting('aptic.hat', true) IS DISTINCT FROM 'operator' THEN
    RAISE EXCEPTION 'only the operator adds a parcours' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM vocabulary_service WHERE id = under AND kind = 'standard') THEN
    RAISE EXCEPTION 'a parcours stands under a service of the standard' USING ERRCODE = 'check_violation';
  END IF;
  LOCK TABLE vocabulary_service IN SHARE ROW EXCLUSIVE MODE;  -- an id is given once
  INSERT INTO vocabulary_service (id, slug, name, description, kind, parent_id, position, active)
  SELECT greatest(max(id), 999) + 1, wanted_slug, wanted_name, said, 'parcours', under,
         coalesce(max(position) FILTER (WHERE parent_id = under), 0) + 1, true
    FROM vocabulary_service
  RETURNING id INTO made;
  RETURN made;
END $$;
CREATE FUNCTION vocabulary_offer_parcours(which integer, offered boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('aptic.hat', true) IS DISTINCT FROM 'operator' THEN
    RAISE EXCEPTION 'only the operator changes a parcours' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE vocabulary_service SET active = offered WHERE id = which AND kind = 'parcours';
  RETURN FOUND;
END $$
"""
UNDO = """
DROP FUNCTION vocabulary_add_parcours(integer, text, text, text);
DROP FUNCTION vocabulary_offer_parcours(integer, boolean)
"""


class Migration(migrations.Migration):
    """Hand-written: what the operator may add to reference data, and nothing else."""

    dependencies = [("vocabulary", "0002_services")]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
