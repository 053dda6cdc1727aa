-- The redeem path in PostgreSQL: three functions, called by passes/redemption.py in this order.
--
--   passes_enter_device   who is at the till, the site's shared lock, and which codes were verified
--   passes_redeem         one conditional statement: the pass, the attempt and the transfer, or nothing
--   passes_void           the same in reverse; passes_hold_batch and passes_given_back say what becomes of its pass
--
-- Namespaces of advisory locks are those of aptic/locks.py: 10 = site, 11 = booklet.

-- Runs with the owner's rights, because a device's digest is nobody's to read. Statements inside a function see what
-- was committed before each of them: what follows the lock is read after a suspension that held it.
CREATE FUNCTION passes_enter_device(token bytea, presented int[])
RETURNS TABLE (device_id uuid, site_id uuid, actor_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT d.id, d.site_id, d.organisation_id INTO device_id, site_id, actor_id
    FROM accounts_device d WHERE d.digest = token AND d.revoked_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE accounts_device d SET last_used_at = now()
   WHERE d.id = device_id AND (d.last_used_at IS NULL OR d.last_used_at < now() - interval '1 minute');
  PERFORM set_config('aptic.organisation', actor_id::text, true), set_config('aptic.hat', 'actor', true),
          set_config('aptic.site', site_id::text, true);
  PERFORM passes_present(site_id, presented);
  RETURN NEXT;
END $$;

-- Verified codes join the transaction: their booklets may be read, the passes themselves redeemed. Position 0 is the
-- cover, which shows a balance and never redeems.
CREATE FUNCTION passes_present(site uuid, presented int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('aptic.booklets', array_to_string(ARRAY(SELECT DISTINCT p >> 4 FROM unnest(presented) p), ','), true),
          set_config('aptic.passes', array_to_string(ARRAY(SELECT p FROM unnest(presented) p WHERE p & 15 > 0), ','), true);
  IF site IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock_shared(10, hashtext(site::text));
  END IF;
END $$;

-- An actor's first pass of a funder opens what that purse will owe it. With the owner's rights: the actor may not read
-- the purse, and both names come from rows the caller could read.
CREATE FUNCTION ledger_open_payable(purse uuid, actor uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id)
  SELECT p.id, 'payable', actor, p.funder_id, actor FROM ledger_purse p JOIN actors_actor a ON a.organisation_id = actor
   WHERE p.id = purse
  ON CONFLICT DO NOTHING
$$;

-- What a campaign that names `chosen` pays: those services, and what stands under them today. A local parcours that was
-- added since is a part of its service, which the funder chose.
CREATE FUNCTION passes_opened_services(chosen smallint[]) RETURNS smallint[] LANGUAGE sql STABLE AS $$
  SELECT chosen || ARRAY(SELECT v.id FROM vocabulary_service v
                          WHERE v.parent_id = ANY(chosen) AND v.id <> ALL(chosen) ORDER BY v.id)
$$;

-- Redeem each pass whose conditions all hold, in the order given; the caller asks why for those not returned.
-- With the caller's rights: row-level security stands under every table read and written here.
CREATE FUNCTION passes_redeem(
  attempts uuid[], wanted int[], services int[], occurred timestamptz[], accounted timestamptz,
  till uuid, device uuid, person uuid, was_offline boolean[], work_session uuid[])
RETURNS TABLE (id uuid, value_cents int, recorded_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  -- A daily limit counts in the booklet, alone; a hand-out that permits must not be undone meanwhile.
  PERFORM CASE WHEN held.limited THEN pg_advisory_xact_lock(11, held.booklet_id)
               ELSE pg_advisory_xact_lock_shared(11, held.booklet_id) END FROM (
    SELECT DISTINCT p.booklet_id, c.passes_per_day IS NOT NULL AS limited FROM passes_pass p
      JOIN passes_batch b ON b.id = p.batch_id JOIN funders_campaign c ON c.id = b.campaign_id
     WHERE p.id = ANY(wanted) AND (c.passes_per_day IS NOT NULL OR c.needs_hand_out) ORDER BY p.booklet_id) held;
  IF EXISTS (SELECT FROM unnest(work_session, was_offline) w (session, offline) WHERE w.session IS NOT NULL AND NOT w.offline) THEN
    -- Closing a session comes wholly before or wholly after. What was taken off line asks for no open session.
    PERFORM 1 FROM passes_session w WHERE w.id = ANY(work_session) ORDER BY w.id FOR SHARE;
  END IF;
  IF cardinality(wanted) > 1 THEN
    -- Several rows: lock them in one order for everybody, so that two workshops cannot wait for each other.
    PERFORM 1 FROM passes_pass p WHERE p.id = ANY(wanted) ORDER BY p.id FOR NO KEY UPDATE;
  END IF;
  RETURN QUERY
  WITH asked AS (
    SELECT DISTINCT ON (a.pass_id) a.*, row_number() OVER (PARTITION BY a.pass_id >> 4 ORDER BY a.place) AS in_booklet
      FROM unnest(attempts, wanted, services, occurred, was_offline, work_session)
           WITH ORDINALITY AS a (attempt, pass_id, service_id, occurred_at, offline, session, place)
     ORDER BY a.pass_id, a.place
  ), moved AS (
    UPDATE passes_pass p
       SET state = 'redeemed', turn = p.turn + 1, spent_on = (asked.occurred_at AT TIME ZONE c.time_zone)::date
      FROM asked, passes_booklet k, passes_batch b, funders_campaign c, actors_site s, actors_actor a,
           ledger_account circulation, ledger_account payable
     WHERE p.id = asked.pass_id AND p.state = 'open'
       AND k.id = p.booklet_id AND b.id = p.batch_id AND c.id = b.campaign_id
       AND s.id = till AND a.organisation_id = s.actor_id
       -- A line handed in from off line that was held is redeemed when two people have released it, and only then.
       AND CASE WHEN asked.offline THEN coalesce((SELECT h.state = 'released' FROM passes_held h WHERE h.id = asked.attempt),
                                                 s.open AND a.state = 'qualified')
                ELSE s.open AND a.state = 'qualified' AND NOT EXISTS (SELECT FROM passes_held h WHERE h.id = asked.attempt) END
       AND b.activated_at IS NOT NULL AND accounted <= b.claim_until
       AND asked.occurred_at >= b.valid_from AND asked.occurred_at < b.valid_until
       -- A till is believed 72 hours back. An end that is further back has passed, unless two people released the line.
       AND (accounted - interval '72 hours' < b.valid_until
            OR EXISTS (SELECT FROM passes_held h WHERE h.id = asked.attempt AND h.state = 'released'))
       AND (k.handed_out_at IS NOT NULL OR NOT c.needs_hand_out)
       AND (cardinality(c.services) = 0 OR asked.service_id = ANY(c.services)
            OR asked.service_id = ANY(passes_opened_services(c.services)))
       AND (cardinality(c.territories) = 0 OR c.territories && s.territories)
       AND (NOT c.restricts_sites OR EXISTS (
             SELECT 1 FROM passes_campaignsite cs WHERE cs.campaign_id = c.id AND cs.site_id = s.id))
       AND (c.passes_per_day IS NULL OR c.passes_per_day >= asked.in_booklet + (
             SELECT count(*) FROM passes_pass other WHERE other.booklet_id = p.booklet_id
                AND other.id BETWEEN p.booklet_id << 4 AND (p.booklet_id << 4) + 15
                AND other.spent_on = (asked.occurred_at AT TIME ZONE c.time_zone)::date))
       AND circulation.id = b.circulation_id
       AND payable.purse_id = circulation.purse_id AND payable.kind = 'payable' AND payable.about = s.actor_id
       AND NOT EXISTS (SELECT 1 FROM passes_redemption r WHERE r.id = asked.attempt)
       AND (asked.session IS NULL OR asked.offline OR EXISTS (
             SELECT 1 FROM passes_session w WHERE w.id = asked.session AND w.site_id = till AND w.closed_at IS NULL))
    RETURNING asked.*, p.turn, p.batch_id, p.funder_id, k.distributor_id, s.actor_id, b.face_value_cents,
              circulation.purse_id, circulation.id AS circulation_id, payable.id AS payable_id
  ), recorded AS (
    INSERT INTO passes_redemption (id, pass_id, turn, outcome, service_id, site_id, actor_id, funder_id, distributor_id,
                                   batch_id, device_id, person_id, value_cents, occurred_at, accounted_at, offline, session)
    SELECT m.attempt, m.pass_id, m.turn, 'accepted', m.service_id, till, m.actor_id, m.funder_id, m.distributor_id,
           m.batch_id, device, person, m.face_value_cents, m.occurred_at, accounted, m.offline, m.session
      FROM moved m
    RETURNING passes_redemption.id, passes_redemption.value_cents, passes_redemption.recorded_at
  ), posted AS (
    INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
    SELECT m.purse_id, m.circulation_id, m.payable_id, m.face_value_cents, 'redeem', m.attempt, m.funder_id, m.actor_id, accounted
      FROM moved m
  )
  SELECT recorded.id, recorded.value_cents, recorded.recorded_at FROM recorded;
END $$;

-- The end of a batch, a replacement and an opposition write or hold the batch's row: what undoes a redemption of it comes
-- wholly before them or wholly after. With the owner's rights, as actors_hold.
CREATE FUNCTION passes_hold_batch(batch int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM passes_batch b WHERE b.id = batch FOR SHARE;
END $$;

-- What a pass becomes when its use is undone. After the end of its batch it expires; in a booklet that was declared lost,
-- of which nothing else is usable, it stays blocked.
CREATE FUNCTION passes_given_back(pass passes_pass, over boolean) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN over THEN 'expired'
              WHEN EXISTS (SELECT FROM passes_pass other
                            WHERE other.booklet_id = pass.booklet_id AND other.state IN ('blocked', 'replaced')
                              AND other.id BETWEEN pass.booklet_id << 4 AND (pass.booklet_id << 4) + 15) THEN 'blocked'
              ELSE 'open' END
$$;

-- Void an accepted redemption that no payout has claimed: a new row, a transfer back, the pass open again. The actor's
-- row is held FOR SHARE so that a settlement, which takes it FOR UPDATE, comes wholly before or wholly after. After the
-- end of the batch the value leaves by the purse, which the caller holds before.
CREATE FUNCTION passes_void(attempt uuid, accounted timestamptz, device uuid, person uuid)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE done timestamptz;
BEGIN
  PERFORM actors_hold(r.actor_id), set_config('aptic.passes', r.pass_id::text, true),
          set_config('aptic.booklets', (r.pass_id >> 4)::text, true), passes_hold_batch(r.batch_id)
     FROM passes_redemption r WHERE r.id = attempt;
  WITH spent AS (
    SELECT r.*, t.id AS transfer_id, t.purse_id, t.debit_id, t.credit_id
      FROM passes_redemption r JOIN ledger_transfer t ON t.event = r.id AND t.kind = 'redeem'
     WHERE r.id = attempt AND r.turn IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM actors_claim c WHERE c.transfer_id = t.id)
  ), moved AS (
    -- After the end of its batch the pass does not open again, it expires: the operator alone may give its value back.
    UPDATE passes_pass p SET state = passes_given_back(p, b.expired_at IS NOT NULL), spent_on = NULL
      FROM spent, passes_batch b
     WHERE p.id = spent.pass_id AND p.state = 'redeemed' AND p.turn = spent.turn AND b.id = p.batch_id
       AND (b.expired_at IS NULL OR current_setting('aptic.hat', true) = 'operator')
    RETURNING spent.*, b.expired_at, b.line_id
  ), recorded AS (
    INSERT INTO passes_void (redemption_id, pass_id, turn, actor_id, funder_id, distributor_id, device_id, person_id, accounted_at)
    SELECT m.id, m.pass_id, m.turn, m.actor_id, m.funder_id, m.distributor_id, device, person, accounted FROM moved m
    RETURNING recorded_at
  ), posted AS (
    INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, reverses_id, funder_id, actor_id, accounted_at)
    SELECT m.purse_id, m.credit_id, m.debit_id, m.value_cents, 'void', m.id, m.transfer_id, m.funder_id, m.actor_id, accounted
      FROM moved m
  ), over AS (
    INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, accounted_at)
    SELECT m.purse_id, m.debit_id, l.account_id, m.value_cents, 'expire', m.id, m.funder_id, accounted
      FROM moved m JOIN funders_fundingline l ON l.id = m.line_id WHERE m.expired_at IS NOT NULL
  )
  SELECT recorded_at INTO done FROM recorded;
  RETURN done;
END $$;
