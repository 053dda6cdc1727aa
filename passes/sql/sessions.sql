-- Sessions of help, in PostgreSQL: what no service may do is refused.
--
--   passes_session_stays   what is closed stays closed
--   passes_session_open    on line, a pass is taken in an open session of its own site, or in none

-- What a session is never changes; it is closed, and gets its sheet.
REVOKE UPDATE, DELETE ON passes_session FROM aptic_app, aptic_system;
GRANT UPDATE (closed_at, closed_by, closed_on_device, sheet_id) ON passes_session TO aptic_app;

CREATE FUNCTION passes_session_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'session % is closed', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER passes_session_stays BEFORE UPDATE ON passes_session FOR EACH ROW
  WHEN (OLD.closed_at IS NOT NULL AND (OLD.closed_at, OLD.closed_by, OLD.closed_on_device)
        IS DISTINCT FROM (NEW.closed_at, NEW.closed_by, NEW.closed_on_device))
  EXECUTE FUNCTION passes_session_stays();

-- A second wall behind the one redeem statement, which holds the session's row. With the owner's rights: it must see
-- every session to know that one is missing.
CREATE FUNCTION passes_session_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM passes_session w
                  WHERE w.id = NEW.session AND w.site_id = NEW.site_id AND w.closed_at IS NULL) THEN
    RAISE EXCEPTION 'session % takes no pass here', NEW.session USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER passes_session_open BEFORE INSERT ON passes_redemption FOR EACH ROW
  WHEN (NEW.session IS NOT NULL AND NEW.turn IS NOT NULL AND NOT NEW.offline)
  EXECUTE FUNCTION passes_session_open();
