-- As passes_void, of a line that a payout claimed: the money that left stays paid, and the actor owes it (`claim`). The
-- caller acts for the operator and holds the purse.
CREATE FUNCTION passes_reopen(attempt uuid, accounted timestamptz, person uuid, claim bigint)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE done timestamptz;
BEGIN
  PERFORM actors_hold(r.actor_id), passes_hold_batch(r.batch_id) FROM passes_redemption r WHERE r.id = attempt;
  WITH spent AS (
    SELECT r.*, t.purse_id, t.debit_id AS circulation_id
      FROM passes_redemption r JOIN ledger_transfer t ON t.event = r.id AND t.kind = 'redeem'
     WHERE r.id = attempt AND r.turn IS NOT NULL
       AND EXISTS (SELECT 1 FROM actors_claim c WHERE c.transfer_id = t.id)
  ), moved AS (
    UPDATE passes_pass p SET state = passes_given_back(p, b.expired_at IS NOT NULL), spent_on = NULL
      FROM spent, passes_batch b
     WHERE p.id = spent.pass_id AND p.state = 'redeemed' AND p.turn = spent.turn AND b.id = p.batch_id
    RETURNING spent.*, b.expired_at, b.line_id
  ), recorded AS (
    INSERT INTO passes_void (redemption_id, pass_id, turn, actor_id, funder_id, distributor_id, person_id, accounted_at)
    SELECT m.id, m.pass_id, m.turn, m.actor_id, m.funder_id, m.distributor_id, person, accounted FROM moved m
    RETURNING recorded_at
  ), posted AS (
    INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
    SELECT m.purse_id, claim, m.circulation_id, m.value_cents, 'incident_opened', m.id, m.funder_id, m.actor_id, accounted
      FROM moved m
  ), over AS (
    INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, accounted_at)
    SELECT m.purse_id, m.circulation_id, l.account_id, m.value_cents, 'expire', m.id, m.funder_id, accounted
      FROM moved m JOIN funders_fundingline l ON l.id = m.line_id WHERE m.expired_at IS NOT NULL
  )
  SELECT recorded_at INTO done FROM recorded;
  RETURN done;
END $$;
