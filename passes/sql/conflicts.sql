-- What happens after the fact, in PostgreSQL: a stopped device hands in what it did before, a paid redemption is undone
-- at the expense of a claim, and what no service may do is refused.
--
--   passes_enter_revoked    who was at the till, for a device stopped not long ago
--   passes_prove_incidents  an incident says of its attempt what the attempt says itself
--   passes_held_first       a held line is redeemed only when two people have released it; its id serves nothing else
--   passes_decision_stays   what is decided is not decided again

-- The site's lock is exclusive here: it waits for what the device may still be redeeming, so that no line is at once
-- redeemed and held. Such an upload is rare and short. With the owner's rights, as passes_enter_device.
CREATE FUNCTION passes_enter_revoked(token bytea, presented int[], earliest timestamptz)
RETURNS TABLE (device_id uuid, site_id uuid, actor_id uuid, revoked_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT d.id, d.site_id, d.organisation_id, d.revoked_at INTO device_id, site_id, actor_id, revoked_at
    FROM accounts_device d WHERE d.digest = token AND d.revoked_at >= earliest;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM set_config('aptic.organisation', actor_id::text, true), set_config('aptic.hat', 'actor', true),
          set_config('aptic.site', site_id::text, true);
  PERFORM passes_present(NULL, presented);
  PERFORM pg_advisory_xact_lock(10, hashtext(site_id::text));
  RETURN NEXT;
END $$;

CREATE FUNCTION passes_prove_incidents() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM opened i
      LEFT JOIN passes_redemption r ON r.id = i.redemption_id
      LEFT JOIN passes_batch b ON b.id = r.batch_id
      LEFT JOIN ledger_account circulation ON circulation.id = b.circulation_id
     WHERE (i.actor_id, i.site_id, i.funder_id, i.value_cents, i.purse_id)
           IS DISTINCT FROM (r.actor_id, r.site_id, r.funder_id, r.value_cents, circulation.purse_id)
        OR NOT CASE i.kind WHEN 'offline' THEN r.offline AND r.turn IS NULL ELSE r.turn IS NOT NULL END)
  THEN RAISE EXCEPTION 'an incident is not of its attempt'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_is_of_attempt';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER incidents_proved AFTER INSERT ON passes_incident REFERENCING NEW TABLE AS opened
  FOR EACH STATEMENT EXECUTE FUNCTION passes_prove_incidents();

CREATE FUNCTION passes_prove_void_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM passes_redemption r
     WHERE r.id = NEW.redemption_id AND r.turn IS NOT NULL AND r.actor_id = NEW.actor_id AND r.site_id = NEW.site_id
       AND r.value_cents = NEW.value_cents)
  THEN RAISE EXCEPTION 'a request is not of its redemption'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'void_request_is_of_redemption';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER void_request_proved AFTER INSERT ON passes_voidrequest
  FOR EACH ROW EXECUTE FUNCTION passes_prove_void_request();

-- On line too: an id is bound for ever to the content it was held with, and the held line may be another actor's. One look
-- for a whole statement, so that neither a redemption nor two hundred pay for each row.
CREATE FUNCTION passes_held_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM stored r JOIN passes_held h ON h.id = r.id
     WHERE h.state IN ('waiting', 'prepared') OR (h.state = 'refused' AND r.turn IS NOT NULL)
        OR (h.pass_id, h.site_id, h.service_id, h.occurred_at)
           IS DISTINCT FROM (r.pass_id, r.site_id, r.service_id, r.occurred_at))
  THEN RAISE EXCEPTION 'a held line waits for two people'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'held_released_first';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER redemption_held_first AFTER INSERT ON passes_redemption REFERENCING NEW TABLE AS stored
  FOR EACH STATEMENT EXECUTE FUNCTION passes_held_first();

CREATE FUNCTION passes_decision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what is decided stays decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_stays';
END $$;
CREATE TRIGGER incident_stays_closed BEFORE UPDATE ON passes_incident
  FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION passes_decision_stays();
CREATE TRIGGER held_stays_judged BEFORE UPDATE ON passes_held
  FOR EACH ROW WHEN (OLD.state IN ('released', 'refused')) EXECUTE FUNCTION passes_decision_stays();
CREATE TRIGGER void_request_stays_answered BEFORE UPDATE ON passes_voidrequest
  FOR EACH ROW WHEN (OLD.state <> 'waiting') EXECUTE FUNCTION passes_decision_stays();

-- Decisions may be written, facts may not; nothing is deleted.
REVOKE UPDATE, DELETE ON passes_incident, passes_held, passes_voidrequest FROM aptic_app, aptic_system;
REVOKE INSERT, DELETE ON passes_offlineceiling FROM aptic_app, aptic_system;
GRANT UPDATE (state, decision, note, prepared_by, prepared_at, approved_by, approved_at, closed_at, bank_reference,
              reminded_at) ON passes_incident TO aptic_app, aptic_system;
GRANT UPDATE (state, release, reason, prepared_by, prepared_at, approved_by, approved_at)
  ON passes_held TO aptic_app, aptic_system;
GRANT UPDATE (state, answer, decided_by, decided_at) ON passes_voidrequest TO aptic_app, aptic_system;
