-- Five years of passes, in sets: sixty funders buy twice a year, booklets are handed out, passes redeemed, actors paid
-- (small ones each quarter, the others each month). `wanted` (redemptions) and network.sql come before.
-- `passes_pass` stays empty: no page of the network reads it. Ids of redemptions follow each other, which no real ones do.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';

-- Indexes are made whole afterwards: four times faster than row by row.
CREATE TEMPORARY TABLE whole AS
SELECT indexdef FROM pg_indexes
 WHERE indexname IN ('redemption_actor', 'redemption_batch', 'transfer_debit', 'transfer_credit');
DROP INDEX redemption_actor, redemption_batch, transfer_debit, transfer_credit;

CREATE TEMPORARY TABLE funder AS
SELECT row_number() OVER (ORDER BY population DESC) - 1 AS rank, gen_random_uuid() AS id, gen_random_uuid() AS purse,
       code AS commune_id, departement_id
  FROM (SELECT DISTINCT ON (departement_id) code, departement_id, population FROM territories_commune
         ORDER BY departement_id, population DESC) c LIMIT 60;
CREATE TEMPORARY TABLE distributor AS
SELECT f.rank AS funder, k - 1 AS k, gen_random_uuid() AS id, c.code AS commune_id
  FROM funder f CROSS JOIN LATERAL (
    SELECT code, row_number() OVER (ORDER BY population DESC) AS k FROM territories_commune
     WHERE departement_id = f.departement_id ORDER BY population DESC LIMIT 5) c;
INSERT INTO tenancy_organisation (id, name, search_key, commune_id, address, email, phone, is_operator, is_funder,
                                  is_distributor, is_actor, is_hub, created_at)
SELECT id, 'Commanditaire national ' || rank, 'commanditaire national ' || rank, commune_id, '', '', '', false, true,
       false, false, false, now() - interval '5 years' FROM funder
UNION ALL
SELECT id, 'Aiguilleur ' || funder || '-' || k, 'aiguilleur ' || funder || ' ' || k, commune_id, '', '', '', false,
       false, true, false, false, now() - interval '5 years' FROM distributor;

-- Two batches a year and funder, of 600 booklets of ten: passes are used in 500 of them, eight in each.
CREATE TEMPORARY TABLE lot AS
SELECT b, f.rank AS funder, f.id AS funder_id, f.purse, gen_random_uuid() AS campaign, gen_random_uuid() AS line,
       gen_random_uuid() AS bought, gen_random_uuid() AS uuid, w.redemptions / 600 AS uses,
       (w.redemptions / 600 / 8 * 6 / 5)::int AS booklets,
       now() - interval '5 years' + (b / 60) * interval '182 days' + f.rank * interval '3 days' AS starts
  FROM wanted w, generate_series(0, 599) b JOIN funder f ON f.rank = b % 60;
INSERT INTO ledger_purse (id, funder_id, available_cents, created_at)
SELECT purse, id, 100000000000, now() - interval '5 years' FROM funder;
INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id, guarded_cents)
SELECT purse, 'safeguarded', NULL, id, NULL::uuid, 100000000000 FROM funder
UNION ALL SELECT purse, 'credit', line, funder_id, NULL, 0 FROM lot
UNION ALL SELECT purse, 'circulation', uuid, funder_id, NULL, NULL FROM lot;
INSERT INTO funders_campaign (id, funder_id, name, state, starts_on, ends_on, claim_days, time_zone, face_value_cents,
                              passes_per_booklet, services, territories, restricts_sites, needs_hand_out, contact_phone,
                              created_at)
SELECT campaign, funder_id, 'Opération ' || b, 'open', starts, starts + interval '1 year', 31, 'Europe/Paris', 1000, 10,
       '{}', '{}', false, true, '', starts FROM lot;
INSERT INTO funders_fundingline (id, campaign_id, funder_id, source, account_id, created_at)
SELECT l.line, l.campaign, l.funder_id, 'État', a.id, l.starts
  FROM lot l JOIN ledger_account a ON a.purse_id = l.purse AND a.kind = 'credit' AND a.about = l.line;
INSERT INTO funders_order (id, number, campaign_id, line_id, funder_id, booklets, passes_per_booklet, face_value_cents,
                           state, placed_at)
SELECT bought, 'N' || b, campaign, line, funder_id, booklets, 10, 1000, 'issued', starts FROM lot;
INSERT INTO passes_batch (uuid, order_id, campaign_id, line_id, funder_id, circulation_id, state, first_booklet, booklets,
                          passes_per_booklet, face_value_cents, code_key, ends_on, valid_from, valid_until, claim_until,
                          issued_at, activated_at, created_at)
SELECT l.uuid, l.bought, l.campaign, l.line, l.funder_id, a.id, 'issued', s.next_booklet + l.b * l.booklets, l.booklets,
       10, 1000, 1, l.starts + interval '1 year', l.starts, l.starts + interval '1 year', l.starts + interval '396 days',
       l.starts, l.starts, l.starts
  FROM lot l JOIN ledger_account a ON a.purse_id = l.purse AND a.kind = 'circulation' AND a.about = l.uuid, passes_serial s;
UPDATE passes_serial SET next_booklet = next_booklet + (SELECT sum(booklets) FROM lot);
INSERT INTO passes_booklet (id, batch_id, funder_id, number, distributor_id, handed_out_at)
SELECT b.first_booklet + n, b.id, b.funder_id, n + 1, d.id,
       CASE WHEN b.activated_at + n * interval '8 hours' < now() THEN b.activated_at + n * interval '8 hours' END
  FROM lot l JOIN passes_batch b ON b.uuid = l.uuid CROSS JOIN LATERAL generate_series(0, b.booklets - 1) n
  JOIN distributor d ON d.funder = l.funder AND d.k = n % 5;

-- Who redeems whose passes: a small actor those of two funders, the others those of six; busy ones live from them.
CREATE TEMPORARY TABLE pick AS
SELECT f.rank AS funder, row_number() OVER (PARTITION BY f.rank ORDER BY md5(s.id::text || k)) - 1 AS k,
       s.id AS site_id, s.actor_id, s.services[1 + k % 2] AS service_id, count(*) OVER (PARTITION BY f.rank) AS many
  FROM funder f JOIN site s ON CASE s.kind WHEN 'small' THEN s.actor_rank % 30 = f.rank % 30
                                           ELSE s.actor_rank % 10 = f.rank % 10 END
  CROSS JOIN LATERAL generate_series(1, CASE s.kind WHEN 'busy' THEN 15 ELSE 1 END) k;
ANALYZE actor, site, funder, distributor, lot, pick, passes_batch;
INSERT INTO passes_redemption (id, pass_id, turn, outcome, service_id, site_id, actor_id, funder_id, distributor_id,
                               batch_id, value_cents, occurred_at, accounted_at, offline)
SELECT ('5e000000' || lpad(to_hex(l.b::bigint * l.uses + m), 24, '0'))::uuid, (b.first_booklet + m / 8) << 4 | 1 + m % 8, 1,
       'accepted', p.service_id, p.site_id, p.actor_id, l.funder_id, d.id, b.id, 1000, at, at, false
  FROM lot l JOIN passes_batch b ON b.uuid = l.uuid CROSS JOIN LATERAL generate_series(0, l.uses::int - 1) m
  CROSS JOIN LATERAL (SELECT l.starts + (1 + m * 330.0 / l.uses) * interval '1 day' + m % 500 * interval '1 minute' AS at) t
  JOIN (SELECT funder, max(many) AS many FROM pick GROUP BY funder) f ON f.funder = l.funder
  JOIN pick p ON p.funder = l.funder AND p.k = (m::bigint * 7919 + l.b * 31) % f.many
  JOIN distributor d ON d.funder = l.funder AND d.k = m / 8 % 5
 WHERE at < now();
INSERT INTO passes_void (redemption_id, pass_id, turn, actor_id, funder_id, distributor_id, accounted_at)
SELECT id, pass_id, turn, actor_id, funder_id, distributor_id, accounted_at + interval '5 minutes'
  FROM passes_redemption WHERE pass_id % 1600 = 1;

INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id)
SELECT DISTINCT f.purse, 'payable', p.actor_id, f.id, p.actor_id FROM pick p JOIN funder f ON f.rank = p.funder;
ANALYZE ledger_account, passes_redemption, passes_void;
INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
SELECT l.purse, b.circulation_id, a.id, 1000, 'redeem', r.id, r.funder_id, r.actor_id, r.accounted_at
  FROM passes_redemption r JOIN passes_batch b ON b.id = r.batch_id JOIN lot l ON l.uuid = b.uuid
  JOIN ledger_account a ON a.purse_id = l.purse AND a.kind = 'payable' AND a.about = r.actor_id
  LEFT JOIN passes_void v ON v.redemption_id = r.id WHERE v.redemption_id IS NULL;

ANALYZE ledger_transfer;
CREATE TEMPORARY TABLE due AS
SELECT t.id, t.actor_id, t.purse_id, t.funder_id,
       CASE a.kind WHEN 'small' THEN date_trunc('quarter', t.accounted_at) + interval '3 months'
                   ELSE date_trunc('month', t.accounted_at) + interval '1 month' END AS cutoff
  FROM ledger_transfer t JOIN actor a ON a.id = t.actor_id WHERE t.kind = 'redeem';
CREATE TEMPORARY TABLE share AS
SELECT gen_random_uuid() AS id, cutoff, actor_id, purse_id, funder_id, count(*) AS lines, count(*) * 1000 AS cents
  FROM due WHERE cutoff < now() GROUP BY cutoff, actor_id, purse_id, funder_id;
CREATE TEMPORARY TABLE paid AS
SELECT gen_random_uuid() AS id, cutoff, actor_id, sum(lines) AS lines, sum(cents) AS cents FROM share GROUP BY cutoff, actor_id;
CREATE TEMPORARY TABLE run AS SELECT gen_random_uuid() AS id, cutoff FROM (SELECT DISTINCT cutoff FROM paid) c;
ANALYZE due, share, paid, run, ledger_account, actors_bankaccount;
-- Their files are not kept, and their state is the one that asks for none.
INSERT INTO actors_settlement (id, number, cutoff, state, prepared_at, fee_basis_points, vat_basis_points, digest,
                               created_at)
SELECT id, 'N-' || to_char(cutoff, 'YYYY-MM-DD'), cutoff, 'prepared', cutoff, 0, 0, '', cutoff FROM run;
INSERT INTO actors_payout (id, settlement_id, actor_id, bank_account_id, cutoff, state, gross_cents, fee_cents,
                           fee_vat_cents, net_cents, lines_count, end_to_end_id, bank_reference, sent_at, settled_at,
                           rejection_reason)
SELECT p.id, r.id, p.actor_id, b.id, p.cutoff, 'settled', p.cents, 0, 0, p.cents, p.lines, 'N' || left(replace(p.id::text, '-', ''), 30),
       '', p.cutoff + interval '2 days', p.cutoff + interval '4 days', ''
  FROM paid p JOIN run r ON r.cutoff = p.cutoff JOIN actors_bankaccount b ON b.actor_id = p.actor_id AND b.approved_at IS NOT NULL;
INSERT INTO actors_payoutpurse (id, payout_id, purse_id, actor_id, funder_id, gross_cents, fee_cents, fee_vat_cents, net_cents)
SELECT s.id, p.id, s.purse_id, s.actor_id, s.funder_id, s.cents, 0, 0, s.cents
  FROM share s JOIN paid p ON p.cutoff = s.cutoff AND p.actor_id = s.actor_id;
INSERT INTO actors_claim (transfer_id, share_id, actor_id, funder_id, signed_cents)
SELECT d.id, s.id, d.actor_id, d.funder_id, 1000
  FROM due d JOIN share s ON s.cutoff = d.cutoff AND s.actor_id = d.actor_id AND s.purse_id = d.purse_id;
INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id, guarded_cents)
SELECT purse_id, 'in_transfer', payout_id, funder_id, actor_id, 0 FROM actors_payoutpurse WHERE id IN (SELECT id FROM share);
ANALYZE ledger_account;
INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
SELECT s.purse_id, CASE step WHEN 1 THEN owed.id ELSE way.id END, CASE step WHEN 1 THEN way.id ELSE bank.id END, s.cents,
       CASE step WHEN 1 THEN 'payout_sent' ELSE 'payout_settled' END, s.id, s.funder_id, s.actor_id,
       s.cutoff + step * interval '2 days'
  FROM share s JOIN paid p ON p.cutoff = s.cutoff AND p.actor_id = s.actor_id
  JOIN ledger_account owed ON owed.purse_id = s.purse_id AND owed.kind = 'payable' AND owed.about = s.actor_id
  JOIN ledger_account way ON way.purse_id = s.purse_id AND way.kind = 'in_transfer' AND way.about = p.id
  JOIN ledger_account bank ON bank.purse_id = s.purse_id AND bank.kind = 'safeguarded' AND bank.about IS NULL
  CROSS JOIN generate_series(1, 2) step;
INSERT INTO actors_waiting (id, settlement_id, purse_id, actor_id, funder_id, cutoff, reason, amount_cents, lines_count,
                            expected_on)
SELECT gen_random_uuid(), r.id, a.purse_id, a.actor_id, a.funder_id, r.cutoff, 'funds', 50000, 50, now() + interval '9 days'
  FROM ledger_account a JOIN funder f ON f.purse = a.purse_id AND f.rank = 7
  JOIN (SELECT * FROM run ORDER BY cutoff DESC LIMIT 1) r ON true WHERE a.kind = 'payable';
DO $$ DECLARE one text; BEGIN FOR one IN SELECT indexdef FROM whole LOOP EXECUTE one; END LOOP; END $$;
RESET work_mem;
RESET maintenance_work_mem;
SET session_replication_role = origin;
