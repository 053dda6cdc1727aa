"""Who may change an application in which state, held by PostgreSQL; and what everybody may know of past decisions."""

from django.db import migrations, models

GUARDS = """
REVOKE DELETE ON qualification_application FROM aptic_app;
CREATE POLICY application_editable ON qualification_application AS RESTRICTIVE FOR UPDATE TO aptic_app
  USING ((select current_setting('aptic.hat', true) = 'operator') OR state IN ('draft', 'correction'))
  WITH CHECK ((select current_setting('aptic.hat', true) = 'operator')
              OR state IN ('draft', 'correction', 'submitted', 'withdrawn'));

CREATE FUNCTION qualification_file_is_editable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE found text;
BEGIN
  IF current_setting('aptic.hat', true) IS DISTINCT FROM 'operator' THEN
    SELECT state INTO found FROM qualification_application
     WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
    IF found NOT IN ('draft', 'correction') THEN
      RAISE EXCEPTION 'an application that was sent is not changed' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER application_site_editable BEFORE INSERT OR UPDATE OR DELETE ON qualification_applicationsite
  FOR EACH ROW EXECUTE FUNCTION qualification_file_is_editable();
CREATE TRIGGER application_document_editable BEFORE INSERT OR UPDATE OR DELETE ON qualification_applicationdocument
  FOR EACH ROW EXECUTE FUNCTION qualification_file_is_editable();

-- Two questions that anybody may ask, each answered by as little as possible.
CREATE FUNCTION qualification_siret_is_taken(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM qualification_application
                  WHERE siret = wanted AND kind = 'first'
                    AND state IN ('submitted', 'correction', 'waiting'))
$$;
-- The links go to the address itself: whoever asks learns nothing.
CREATE FUNCTION qualification_applications_of(wanted text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM qualification_application
   WHERE email = wanted AND state <> 'withdrawn' ORDER BY begun_at DESC LIMIT 5
$$;
CREATE FUNCTION qualification_usual_delay(since timestamptz, OUT half double precision, OUT most double precision,
                                          OUT decisions bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days), percentile_cont(0.8) WITHIN GROUP (ORDER BY days), count(*)
    FROM (SELECT extract(epoch FROM decided_at - submitted_at) / 86400.0 AS days FROM qualification_decision
           WHERE decided_at >= since AND verb IN ('correction', 'waiting', 'accepted', 'refused')) AS answered
$$
"""
UNGUARDS = """
DROP FUNCTION qualification_usual_delay(timestamptz);
DROP FUNCTION qualification_applications_of(text);
DROP FUNCTION qualification_siret_is_taken(text);
DROP FUNCTION qualification_file_is_editable() CASCADE;
DROP POLICY application_editable ON qualification_application;
GRANT DELETE ON qualification_application TO aptic_app
"""


class Migration(migrations.Migration):
    """Columns that moved, policies, triggers, one function that tells an aggregate and nothing else."""

    dependencies = [("qualification", "0008_first_sites")]
    operations = [
        # So that the way back has something to write there.
        migrations.AlterField("application", "site_address", models.CharField(max_length=200, default="")),
        migrations.RemoveField(model_name="application", name="services"),
        migrations.RemoveField(model_name="application", name="site_address"),
        migrations.RemoveField(model_name="application", name="site_hours"),
        migrations.RunSQL(GUARDS, UNGUARDS),
    ]
