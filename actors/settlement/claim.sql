-- The claim: one statement takes, purse by purse, what is owed before the cutoff and not yet claimed, oldest lines
-- first while the purse's cash lasts, and writes payouts, their shares, the claims, and what was left waiting.
-- The caller holds the purses and the actors' rows. The decision is `take` of actors/settlement_rules.py.
WITH payable AS (
  SELECT a.id, a.purse_id, a.about AS actor_id, a.funder_id,
         (SELECT b.id FROM actors_bankaccount b
           WHERE b.actor_id = a.about AND b.approved_at IS NOT NULL AND b.replaced_at IS NULL) AS bank_account_id
    FROM ledger_account a WHERE a.kind = 'payable' AND a.about = ANY(%(actors)s)
), line AS (
  -- What adds to the debt. A line undone after the cutoff waits for what undoes it, so that both leave together.
  SELECT t.id, p.purse_id, p.actor_id, p.funder_id, p.bank_account_id, t.amount_cents AS signed_cents, t.id AS place,
         false AS is_debt, t.kind = 'redeem' AS is_value
    FROM payable p JOIN ledger_transfer t ON t.credit_id = p.id
   WHERE t.accounted_at < %(cutoff)s
     AND NOT EXISTS (SELECT FROM actors_claim c WHERE c.transfer_id = t.id)
     AND NOT EXISTS (SELECT FROM ledger_transfer v
                      WHERE v.reverses_id = t.id AND v.kind = 'void' AND v.accounted_at >= %(cutoff)s)
     AND NOT EXISTS (SELECT FROM ledger_transfer v
                      WHERE t.kind = 'redeem' AND v.event = t.event AND v.kind = 'recovered' AND v.purse_id = t.purse_id
                        AND v.accounted_at >= %(cutoff)s)
  UNION ALL
  -- What takes from it. A void stands at the place of the line it cancels, unless that one was paid; so does what is
  -- retained for a use undone while a run held it (the same event), when that run was given up: it owes no fee either.
  SELECT t.id, p.purse_id, p.actor_id, p.funder_id, p.bank_account_id, -t.amount_cents,
         coalesce(unpaid.id, t.id), unpaid.id IS NULL, t.kind = 'void' OR unpaid.id IS NOT NULL
    FROM payable p JOIN ledger_transfer t ON t.debit_id = p.id
         LEFT JOIN LATERAL (
           SELECT o.id FROM ledger_transfer o
            WHERE o.id = CASE t.kind WHEN 'void' THEN t.reverses_id WHEN 'recovered' THEN (
                    SELECT r.id FROM ledger_transfer r
                     WHERE r.event = t.event AND r.kind = 'redeem' AND r.purse_id = t.purse_id) END
              AND NOT EXISTS (SELECT FROM actors_claim c WHERE c.transfer_id = o.id)) unpaid ON true
   WHERE t.accounted_at < %(cutoff)s AND t.kind NOT IN ('fee', 'fee_vat', 'payout_sent')
     AND NOT EXISTS (SELECT FROM actors_claim c WHERE c.transfer_id = t.id)
), reached AS (
  SELECT line.*,
         coalesce(sum(signed_cents) FILTER (WHERE NOT is_debt) OVER so_far, 0)
       + sum(CASE WHEN is_debt THEN signed_cents ELSE 0 END) OVER (PARTITION BY purse_id, actor_id) AS after
    FROM line WHERE bank_account_id IS NOT NULL
  WINDOW so_far AS (PARTITION BY purse_id, actor_id ORDER BY place, id ROWS UNBOUNDED PRECEDING)
), spending AS (
  -- By place and with its peers: a line and what undoes it are taken or left together.
  SELECT reached.*, sum(CASE WHEN is_debt THEN 0 ELSE greatest(after, 0) - greatest(after - signed_cents, 0) END)
                    OVER (PARTITION BY purse_id ORDER BY place) AS spent
    FROM reached
), cash AS MATERIALIZED (
  -- What the purse holds beyond what is already promised to payouts that have not left.
  SELECT u.id AS purse_id, u.available_cents - coalesce(promised.cents, 0) AS cents
    FROM ledger_purse u LEFT JOIN (
           SELECT s.purse_id, sum(s.gross_cents) AS cents
             FROM actors_payout p JOIN actors_payoutpurse s ON s.payout_id = p.id
            WHERE p.state = 'prepared' GROUP BY s.purse_id) promised ON promised.purse_id = u.id
), taken AS (
  SELECT s.id, s.purse_id, s.actor_id, s.funder_id, s.bank_account_id, s.signed_cents, s.is_value
    FROM spending s JOIN cash c USING (purse_id) WHERE s.is_debt OR s.spent <= c.cents
), total AS (
  SELECT gen_random_uuid() AS id, purse_id, actor_id, funder_id, bank_account_id, sum(signed_cents)::bigint AS gross,
         count(*) AS lines, greatest(coalesce(sum(signed_cents) FILTER (WHERE is_value), 0), 0)::bigint AS value
    FROM taken GROUP BY purse_id, actor_id, funder_id, bank_account_id
), feed AS (
  SELECT total.*, (value * %(fee)s + 5000) / 10000 AS fee FROM total WHERE gross > 0
), share AS (
  SELECT feed.*, vat, gross - fee - vat AS net
    FROM feed CROSS JOIN LATERAL (SELECT (fee * %(vat)s + 5000) / 10000 AS vat) v
   WHERE gross - fee - vat > 0
), payout AS (
  INSERT INTO actors_payout (id, settlement_id, actor_id, bank_account_id, cutoff, state, gross_cents, fee_cents, fee_vat_cents,
                             net_cents, lines_count, end_to_end_id, bank_reference, rejection_reason)
  SELECT gen_random_uuid(), %(settlement)s, actor_id, bank_account_id, %(cutoff)s, 'prepared', sum(gross), sum(fee), sum(vat),
         sum(net), sum(lines), %(number)s || '-' || lpad((row_number() OVER (ORDER BY actor_id))::text, 6, '0'), '', ''
    FROM share GROUP BY actor_id, bank_account_id
  RETURNING id, actor_id
), shared AS (
  INSERT INTO actors_payoutpurse (id, payout_id, purse_id, actor_id, funder_id, gross_cents, fee_cents, fee_vat_cents, net_cents)
  SELECT s.id, p.id, s.purse_id, s.actor_id, s.funder_id, s.gross, s.fee, s.vat, s.net
    FROM share s JOIN payout p USING (actor_id)
  RETURNING id
), claimed AS (
  INSERT INTO actors_claim (transfer_id, share_id, actor_id, funder_id, signed_cents)
  SELECT t.id, s.id, t.actor_id, t.funder_id, t.signed_cents
    FROM taken t JOIN share s USING (purse_id, actor_id)
), left_over AS (
  SELECT line.purse_id, line.actor_id, line.funder_id, bool_or(line.bank_account_id IS NULL) AS nowhere_to_pay,
         sum(line.signed_cents) - coalesce(max(s.gross), 0) AS cents, count(*) - coalesce(max(s.lines), 0) AS lines,
         bool_or(s.id IS NOT NULL) AS paid
    FROM line LEFT JOIN share s USING (purse_id, actor_id)
   GROUP BY line.purse_id, line.actor_id, line.funder_id
), waiting AS (
  INSERT INTO actors_waiting (id, settlement_id, purse_id, actor_id, funder_id, cutoff, reason, amount_cents, lines_count)
  SELECT gen_random_uuid(), %(settlement)s, purse_id, actor_id, w.funder_id, %(cutoff)s,
         CASE WHEN w.nowhere_to_pay THEN 'bank_account'
              WHEN w.cents <= 0 OR (t.gross = w.cents AND NOT w.paid) THEN 'carried' ELSE 'funds' END, w.cents, w.lines
    FROM left_over w LEFT JOIN total t USING (purse_id, actor_id)
   WHERE w.lines > 0 AND w.cents <> 0
  RETURNING 1
)
SELECT (SELECT count(*) FROM payout), (SELECT count(*) FROM shared), (SELECT count(*) FROM waiting)
