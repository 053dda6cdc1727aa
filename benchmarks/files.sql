-- What the night closes and what people wrote: caps with their history, nine thousand applications of every state, reports about sites, files of
-- known places. network.sql, activity.sql and a temporary table `given` (rank, answers) come before.
SET session_replication_role = replica;

-- The nightly closing, in one set: `close_books` asks account by account, for a night that has a few new ones.
INSERT INTO ledger_closing (account_id, horizon, balance_cents, closed_at, funder_id, actor_id)
SELECT a.id, aptic_horizon(),
       CASE WHEN a.kind IN ('safeguarded', 'receivable', 'claim') THEN 1 ELSE -1 END
       * (coalesce(d.cents, 0) - coalesce(c.cents, 0)), now(), a.funder_id, a.actor_id
  FROM ledger_account a
  LEFT JOIN (SELECT debit_id, sum(amount_cents) AS cents FROM ledger_transfer GROUP BY 1) d ON d.debit_id = a.id
  LEFT JOIN (SELECT credit_id, sum(amount_cents) AS cents FROM ledger_transfer GROUP BY 1) c ON c.credit_id = a.id
ON CONFLICT DO NOTHING;

CREATE TEMPORARY TABLE stand AS
SELECT DISTINCT key, s.actor_id FROM actors_site s JOIN actors_actor a ON a.organisation_id = s.actor_id
 CROSS JOIN LATERAL unnest(s.territories) key WHERE s.open AND a.state <> 'removed' AND key <> 'france';
CREATE TEMPORARY TABLE capped AS
SELECT t.key, count(s.actor_id) AS present, ('x' || left(md5(t.key), 6))::bit(24)::int % 5 AS luck
  FROM (SELECT 'epci:' || siren AS key FROM territories_epci UNION ALL SELECT 'departement:' || code FROM territories_departement
        UNION ALL SELECT 'region:' || code FROM territories_region
        UNION ALL SELECT 'commune:' || code FROM territories_commune WHERE population > 20000) t
  LEFT JOIN stand s ON s.key = t.key GROUP BY t.key;
INSERT INTO qualification_cap (territory, cap, exceptions, exception_reason, reason, qualified, extinction, updated_at)
SELECT key, CASE WHEN luck = 4 AND present > 1 THEN present - 1 WHEN luck IN (1, 2) THEN present + luck ELSE present END, 0, '',
       'Ratio', present, CASE WHEN luck = 4 AND present > 1 THEN 1 ELSE 0 END, now()
  FROM capped ON CONFLICT DO NOTHING;
INSERT INTO qualification_capchange (territory, cap, exceptions, extinction, qualified, computed, reason, changed_at)
SELECT key, present + k, 0, 0, present, present, 'Révision annuelle', now() - k * interval '300 days'
  FROM capped, generate_series(1, 5) k;
INSERT INTO qualification_qualification (id, actor_id, territory, since, until)
SELECT gen_random_uuid(), s.actor_id, s.key, now() - interval '700 days', NULL::timestamptz FROM stand s JOIN capped c ON c.key = s.key
UNION ALL
SELECT gen_random_uuid(), a.id, c.key, now() - interval '900 days', CASE WHEN a.rank < 40 THEN NULL ELSE now() - interval '800 days' END
  FROM actor a JOIN LATERAL (SELECT key FROM capped ORDER BY md5(key || a.rank) LIMIT 1) c ON true
 WHERE a.rank % 3 = 0 AND NOT EXISTS (SELECT FROM stand s WHERE s.key = c.key AND s.actor_id = a.id);
INSERT INTO qualification_cappolicy (version, target_cents, at_least, at_most, inhabitants_per_actor, reason, set_at)
SELECT 1 + k, 2000000, 1, 60, 40000, 'Révision', now() - (6 - k) * interval '300 days' FROM generate_series(1, 5) k
ON CONFLICT DO NOTHING;
INSERT INTO impact_thresholds (version, near_percent, mean_km, actors, inhabitants_per_site, hours_percent, services, reason, set_at)
SELECT 1 + k, 80, 8, 2, 15000, 60, '{1,2}', 'Révision', now() - (6 - k) * interval '300 days' FROM generate_series(1, 5) k
ON CONFLICT DO NOTHING;

CREATE TEMPORARY TABLE file AS
SELECT n, gen_random_uuid() AS id, now() - (n % 1700 + 12) * interval '1 day' - n * interval '1 second' AS sent,
       CASE WHEN n < 3300 THEN 'accepted' WHEN n < 3600 THEN 'submitted' WHEN n < 5600 THEN 'refused'
            WHEN n < 6400 THEN 'submitted' WHEN n < 6800 THEN 'correction' WHEN n < 7800 THEN 'waiting'
            WHEN n < 8500 THEN 'withdrawn' ELSE 'draft' END AS state,
       CASE WHEN n BETWEEN 3000 AND 3599 THEN 'renewal' ELSE 'first' END AS kind
  FROM generate_series(0, 8999) n;
ANALYZE file, place, stand, capped;
CREATE TEMPORARY TABLE crowded AS
SELECT row_number() OVER (ORDER BY population DESC) - 1 AS rank, code FROM territories_commune ORDER BY population DESC LIMIT 250;
INSERT INTO qualification_application (id, kind, state, referential_id, organisation_name, siret, takes_over, takeover_reason,
  legal_status, address, website, charges_vat, motivation, contact_name, contact_role, email, phone, representative_name,
  representative_role, representative_email, mandated, site_name, commune_id, answers, account_holder, iban_last4, bic, begun_at,
  submitted_at, assigned_to, decided_at, reason, organisation_id)
SELECT f.id, f.kind, f.state, (SELECT id FROM qualification_referential WHERE state = 'published' ORDER BY number DESC LIMIT 1),
       'Candidate ' || p.name || ' ' || f.n, lpad((70000000000000 + f.n)::text, 14, '0'), false, '',
       (ARRAY['association', 'company', 'cooperative', 'public', 'self_employed'])[1 + f.n % 5], '1 rue Haute', '', false,
       'Nous accompagnons.', 'Camille Mesure', 'Coordination', 'candidate-' || f.n || '@mesure.example', '0500000000', 'Dominique Mesure',
       'Présidence', 'presidence@mesure.example', true, 'Lieu ' || p.name,
       CASE f.state WHEN 'waiting' THEN c.code ELSE p.code END, g.answers, 'Candidate', '', '', f.sent - interval '9 days',
       CASE WHEN f.state <> 'draft' THEN f.sent END,
       CASE WHEN f.n % 3 = 0 THEN (SELECT person FROM actor WHERE rank = f.n % 7) END,
       CASE WHEN f.state IN ('accepted', 'refused', 'waiting') THEN f.sent + interval '10 days' END,
       CASE WHEN f.state IN ('refused', 'waiting') THEN 'Le plafond est atteint.' ELSE '' END, a.id
  FROM file f JOIN place p ON p.rank = f.n * 7919 % 9000 JOIN crowded c ON c.rank = f.n % 250
  JOIN given g ON g.rank = f.n % (SELECT count(*) FROM given) LEFT JOIN actor a ON f.n < 3600 AND a.rank = f.n % 3000;
INSERT INTO qualification_applicationsite (id, application_id, position, name, address, commune_id, latitude, longitude, phone,
                                           email, hours, opening_hours, services)
SELECT gen_random_uuid(), a.id, k, 'Lieu ' || k, '2 rue Haute', CASE k WHEN 1 THEN a.commune_id ELSE p.code END, p.latitude,
       p.longitude, '0500000000', '', '', 'Mo-Fr 09:00-12:00', '{1,2}'
  FROM file f JOIN qualification_application a ON a.id = f.id CROSS JOIN LATERAL generate_series(1, 1 + f.n % 3) k
  JOIN place p ON p.rank = (f.n * 7919 + k) % 9000;
INSERT INTO qualification_applicationdocument (id, application_id, kind, filename, media_type, storage_name, sha256, size,
                                               expires_on, uploaded_at)
SELECT gen_random_uuid(), id, paper, paper || '.pdf', 'application/pdf', 'mesure/' || id || paper, repeat('0', 64), 1000,
       CASE paper WHEN 'insurance' THEN now() + interval '200 days' END, sent
  FROM file, unnest(ARRAY['statutes', 'receipt', 'insurance', 'bank']) paper;
INSERT INTO qualification_remark (id, application_id, field, text, made_at)
SELECT gen_random_uuid(), id, field, 'À préciser.', sent + interval '3 days'
  FROM file, unnest(ARRAY['organisation:address', 'personnes:phone', 'lieux:name', 'pieces:insurance']) field WHERE state = 'correction';
INSERT INTO qualification_decision (id, application_id, verb, reason, points, maximum, submitted_at, decided_at)
SELECT gen_random_uuid(), id, 'correction', 'Pièces à compléter.', 40, 80, sent, sent + interval '3 days'
  FROM file WHERE state NOT IN ('draft', 'submitted') AND n % 2 = 0 OR state = 'correction'
UNION ALL
SELECT gen_random_uuid(), id, state, 'Le plafond est atteint.', 60, 80, sent, sent + interval '10 days'
  FROM file WHERE state IN ('accepted', 'refused', 'waiting');
INSERT INTO qualification_appeal (id, application_id, text, lodged_at, decided_by, decided_at, granted, answer)
SELECT gen_random_uuid(), id, 'Merci de revoir.', sent + interval '12 days', NULL::uuid, NULL::timestamptz, NULL::boolean, ''
  FROM file WHERE state = 'refused' AND n % 10 = 0
UNION ALL
SELECT gen_random_uuid(), id, 'Merci de revoir.', sent + interval '12 days', gen_random_uuid(), now(), false, 'Maintenu.'
  FROM file WHERE state = 'refused' AND n % 10 = 5;
INSERT INTO qualification_acceptance (id, application_id, text_id, name, accepted_at)
SELECT gen_random_uuid(), f.id, t.id, 'Camille Mesure', f.sent FROM file f, qualification_legaltext t
 WHERE f.state <> 'draft' AND t.published_at IS NOT NULL;
INSERT INTO qualification_registercheck (id, application_id, siret, outcome, name, address, head_office, legal_code, asked_at)
SELECT gen_random_uuid(), a.id, a.siret, 'active', a.organisation_name, '1 rue Haute', true, '9220', f.sent + k * interval '1 hour'
  FROM file f JOIN qualification_application a ON a.id = f.id, generate_series(1, 2) k WHERE f.state <> 'draft';
INSERT INTO audit_event (person_id, organisation_id, hat, verb, object_type, object_id, fields)
SELECT (SELECT person FROM actor WHERE rank = n % 20), NULL::uuid, 'operator', 'application_edited', 'qualification.application', id::text, '{}'::varchar[]
  FROM file, generate_series(1, 12) k
UNION ALL
SELECT person, id, 'actor', 'site_edited', 'actors.site', md5(id::text || k), '{}'::varchar[] FROM actor, generate_series(1, 30) k;

INSERT INTO actors_incomedeclaration (id, actor_id, year, version, delegation_cents, training_cents, rooms_cents,
  intermediation_cents, hosting_cents, engineering_cents, members_cents, other_cents, declared_by_id, declared_at)
SELECT gen_random_uuid(), id, y, 1, 4000000, 1500000, 300000, 0, 200000, 100000, 50000, 0, person,
       make_timestamptz(y + 1, 3, 1, 12, 0, 0, 'Europe/Paris')
  FROM actor, generate_series(extract(year FROM now())::int - 5, extract(year FROM now())::int - 2) y;

-- A hub of the most crowded region, a third of whose actors and two of whose funders let it read amounts.
CREATE TEMPORARY TABLE hub AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS remit, gen_random_uuid() AS plan;
INSERT INTO tenancy_organisation (id, name, search_key, address, email, phone, is_operator, is_funder, is_distributor, is_actor,
                                  is_hub, created_at)
SELECT id, 'Tête de réseau nationale', 'tete de reseau nationale', '', '', '', false, false, false, false, true, now() FROM hub;
INSERT INTO qualification_remit (id, hub_id, territory, opened_at) SELECT remit, id, 'region:11', now() - interval '1 year' FROM hub;
INSERT INTO qualification_consent (id, remit_id, hub_id, organisation_id, side, given_at, given_by)
SELECT gen_random_uuid(), h.remit, h.id, s.actor_id, 'actor', now() - interval '90 days', gen_random_uuid()
  FROM hub h, stand s JOIN actor a ON a.id = s.actor_id WHERE s.key = 'region:11' AND a.rank % 3 = 0
UNION ALL
SELECT gen_random_uuid(), h.remit, h.id, f.id, 'funder', now() - interval '90 days', gen_random_uuid()
  FROM hub h, funder f WHERE f.rank < 2;
INSERT INTO qualification_plan (id, remit_id, hub_id, diagnosis, aimed_on, begun_at)
SELECT plan, remit, id, 'Ce que nous avons vu.', now() + interval '1 year', now() - interval '80 days' FROM hub;
INSERT INTO qualification_plantask (id, plan_id, hub_id, step, text, note, who, due_on, gap, done, created_at)
SELECT gen_random_uuid(), plan, id, (ARRAY['diagnosis', 'actors', 'funders', 'opening'])[1 + k % 4], 'Tâche ' || k, '', '', now() + k * interval '9 days',
       '', false, now() FROM hub, generate_series(1, 40) k;

INSERT INTO actors_sitechange (id, site_id, actor_id, kind, message, created_at, state, answer, decided_by, decided_at)
SELECT gen_random_uuid(), s.id, s.actor_id, (ARRAY['closed', 'hours', 'contact', 'place', 'services', 'refused', 'other'])[1 + k % 7],
       'Vu sur place.', now() - k * interval '5 hours', CASE WHEN k % 10 = 0 THEN 'open' WHEN k % 2 = 0 THEN 'accepted' ELSE 'closed' END,
       CASE WHEN k % 10 = 0 OR k % 2 = 0 THEN '' ELSE 'Vérifié.' END, CASE WHEN k % 10 <> 0 THEN gen_random_uuid() END,
       CASE WHEN k % 10 <> 0 THEN now() - k * interval '4 hours' END
  FROM generate_series(1, 8000) k JOIN site s ON s.rank = CASE WHEN k % 4 = 0 THEN (k / 4 % 600) * 15 ELSE k * 7919 % 9000 END;
CREATE TEMPORARY TABLE upload AS SELECT k, gen_random_uuid() AS id, gen_random_uuid() AS document FROM generate_series(1, 30) k;
INSERT INTO documents_document (id, kind, title, owner_id, roles, filename, media_type, storage_name, encrypted, sha256, size, created_at)
SELECT document, 'places', 'Lieux', (SELECT id FROM tenancy_organisation WHERE is_operator), '{}', 'lieux.csv', 'text/csv',
       'mesure/' || id, false, repeat('0', 64), 1000, now() FROM upload;
INSERT INTO actors_placeimport (id, source, filename, document_id, created_at, finished_at, rows, added, updated, unchanged,
                                refused, older)
SELECT id, 'Source ' || k % 3, 'lieux.csv', document, now() - k * interval '60 days', now() - k * interval '60 days', 20000, 0, 0,
       19000, 1000, 0 FROM upload;
INSERT INTO actors_placeimportfault (file_id, line, "column", message)
SELECT id, line, 'horaires', 'Écrivez les horaires comme « Mo-Fr 09:00-12:00 ».' FROM upload, generate_series(2, 1001) line;
INSERT INTO actors_knownplace (id, source, source_id, pivot, name, search_key, commune_id, departement_id, address, latitude,
  longitude, phone, email, opening_hours, services, said_on, digest, last_file_id)
SELECT gen_random_uuid(), 'Source ' || n % 3, 'n-' || n, '43493312300029', 'Lieu ' || p.name, 'lieu ' || n, p.code, p.departement_id,
       '2 rue Haute', p.latitude, p.longitude, '', '', '', '{1}', now() - (n % 900) * interval '1 day', repeat('0', 64), u.id
  FROM generate_series(0, 19999) n JOIN place p ON p.rank = n * 7919 % 9000 JOIN upload u ON u.k = 3 + n % 9;
SET session_replication_role = origin;
