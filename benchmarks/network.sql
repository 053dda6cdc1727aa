-- The network at national size, in sets: actors, their sites, tills and people. `wanted` (actors, sites) comes before.
-- Run by a superuser: no trigger fires, so that a minute is enough.
SET session_replication_role = replica;

CREATE TEMPORARY TABLE actor AS
SELECT n AS rank, gen_random_uuid() AS id, gen_random_uuid() AS person,
       CASE WHEN n < 20 THEN 'large' WHEN (n - 20) % 29 = 0 THEN 'busy' ELSE 'small' END AS kind,
       CASE WHEN n < 20 OR (n - 20) % 29 = 0 OR n % 50 > 2 THEN 'qualified'
            WHEN n % 50 = 0 THEN 'removed' ELSE 'suspended' END AS state
  FROM wanted, generate_series(0, wanted.actors - 1) n;

-- Where the people are: a commune has a chance for each 12,000 inhabitants, and the sites of an actor are neighbours,
-- but those of the twenty large ones, which are everywhere.
CREATE TEMPORARY TABLE place AS
WITH chance AS (
  SELECT c.*, k, ('x' || left(md5(c.code || '-' || k), 8))::bit(32)::bigint / 4294967296.0 AS dice
    FROM territories_commune c, generate_series(0, c.population / 12000) k WHERE c.latitude IS NOT NULL
), drawn AS (
  SELECT * FROM chance ORDER BY ln(dice + 1e-9) / greatest(population, 50) DESC LIMIT (SELECT sites FROM wanted)
)
SELECT row_number() OVER (ORDER BY departement_id, epci_id, md5(code || k)) - 1 AS rank, code, name, epci_id, departement_id,
       region_id, latitude, longitude, dice
  FROM drawn;

CREATE TEMPORARY TABLE site AS
WITH local AS (
  SELECT rank, row_number() OVER (ORDER BY rank) - 1 AS turn, count(*) OVER () AS many
    FROM place WHERE rank % 15 NOT IN (0, 7)
), held AS (
  SELECT p.rank, CASE WHEN l.turn IS NULL THEN (p.rank / 15 * 2 + (p.rank % 15 = 7)::int) % 20
                      ELSE 20 + l.turn * (w.actors - 20) / l.many END AS actor_rank
    FROM wanted w, place p LEFT JOIN local l ON l.rank = p.rank
)
SELECT h.rank, gen_random_uuid() AS id, a.id AS actor_id, a.rank AS actor_rank, a.kind, p.code AS commune_id,
       p.name AS commune, p.epci_id, p.departement_id, p.region_id,
       p.latitude + (p.dice - 0.5) / 30 AS latitude, p.longitude + (p.dice - 0.5) / 40 AS longitude,
       ARRAY[1, 2 + h.rank::int % 7] AS services
  FROM held h JOIN place p ON p.rank = h.rank JOIN actor a ON a.rank = h.actor_rank;

INSERT INTO tenancy_organisation (id, name, search_key, siret, commune_id, address, email, phone, is_operator, is_funder,
                                  is_distributor, is_actor, is_hub, created_at)
SELECT a.id, said.name, lower(translate(said.name, 'éèêëôîïçàÉÎ-''', 'eeeeoiicaEI  ')),
       lpad((80000000000000 + a.rank)::text, 14, '0'), s.commune_id, '1 rue Haute', 'acteur@mesure.example', '0500000000',
       false, false, false, true, false, now() - interval '5 years'
  FROM actor a JOIN LATERAL (SELECT * FROM site WHERE actor_id = a.id ORDER BY rank LIMIT 1) s ON true
  CROSS JOIN LATERAL (SELECT (ARRAY['Association', 'Médiathèque', 'Centre social', 'Fablab', 'Mission locale', 'Cyber',
                                    'Espace numérique', 'Maison', 'Régie', 'Ateliers'])[1 + a.rank % 10]
                             || ' ' || s.commune || ' ' || a.rank AS name) said;
INSERT INTO actors_actor (organisation_id, state, qualified_at, suspended_at, suspension_reason, qualified_until,
                          removed_at, removal_reason, charges_vat, updated_at)
SELECT id, state, now() - (400 + rank % 1400) * interval '1 day',
       CASE state WHEN 'suspended' THEN now() - interval '20 days' END,
       CASE state WHEN 'suspended' THEN 'Contrôle en cours' ELSE '' END, now() + (30 + rank % 900) * interval '1 day',
       CASE state WHEN 'removed' THEN now() - interval '90 days' END,
       CASE state WHEN 'removed' THEN 'Fin d’activité' ELSE '' END, false, now()
  FROM actor;
INSERT INTO actors_site (id, actor_id, name, search_key, address, commune_id, territories, latitude, longitude, phone,
                         email, hours, opening_hours, services, access_modes, publics, itinerance, open, closed_reason,
                         closed_by_operator, closed_at, quick_mode, created_at, described_at)
SELECT id, actor_id, 'Lieu ' || commune || ' ' || rank,
       lower(translate('Lieu ' || commune || ' ' || rank, 'éèêëôîïçàÉÎ-''', 'eeeeoiicaEI  ')), '2 rue Haute', commune_id,
       array_remove(ARRAY['commune:' || commune_id, 'epci:' || epci_id, 'departement:' || departement_id,
                          'region:' || region_id, 'france'], NULL),
       latitude, longitude, '0500000000', 'lieu@mesure.example', '',
       CASE WHEN rank % 10 = 9 THEN '' ELSE
         (ARRAY['Mo-Fr ', 'Mo,Tu,Th,Fr ', 'Tu-Sa ', 'We ', 'Mo-Th '])[1 + rank % 5]
         || lpad((8 + rank % 4)::text, 2, '0') || (ARRAY[':00', ':15', ':30'])[1 + rank / 11 % 3]
         || '-12:00,14:00-' || 16 + rank % 3 || (ARRAY[':00', ':30'])[1 + rank / 7 % 2]
         || (ARRAY['; PH off', ''])[1 + rank / 5 % 2] END,
       services, CASE WHEN rank % 3 = 0 THEN '{call}' ELSE '{walk_in,call}' END::varchar[], '{}',
       CASE WHEN rank % 30 = 1 THEN '{mobile}' ELSE '{}' END::varchar[], rank % 50 <> 0,
       CASE rank % 50 WHEN 0 THEN 'Travaux' ELSE '' END, false, CASE rank % 50 WHEN 0 THEN now() END, false,
       now() - interval '4 years', now() - (rank % 700) * interval '1 day'
  FROM site;
INSERT INTO qualification_round (site_id, actor_id, commune_id, declared_at)
SELECT s.id, s.actor_id, c.code, now() FROM site s
  JOIN LATERAL (SELECT code FROM territories_commune WHERE departement_id = s.departement_id AND code <> s.commune_id
                 ORDER BY md5(code || s.rank) LIMIT 8) c ON true WHERE s.rank % 30 = 1;

INSERT INTO accounts_user (id, password, email, full_name, is_active, created_at)
SELECT person, '!', 'mesure-' || rank || '@acteur.example', 'Responsable ' || rank, true, now() FROM actor;
INSERT INTO accounts_membership (id, user_id, organisation_id, role, active, created_at)
SELECT gen_random_uuid(), person, id, 'manager', true, now() FROM actor;
CREATE TEMPORARY TABLE scanner AS
SELECT gen_random_uuid() AS person, gen_random_uuid() AS membership, id AS site_id, actor_id, rank FROM site;
INSERT INTO accounts_user (id, password, email, full_name, is_active, created_at)
SELECT person, '!', 'guichet-' || rank || '@acteur.example', 'Guichet ' || rank, true, now() FROM scanner;
INSERT INTO accounts_membership (id, user_id, organisation_id, role, active, created_at)
SELECT membership, person, actor_id, 'scanner', true, now() FROM scanner;
INSERT INTO actors_sitestaff (id, membership_id, site_id, actor_id)
SELECT gen_random_uuid(), membership, site_id, actor_id FROM scanner;
INSERT INTO accounts_device (id, organisation_id, site_id, name, digest, paired_at, last_used_at, revoked_at, created_at)
SELECT gen_random_uuid(), actor_id, id, 'Accueil ' || k, sha256((id::text || k)::bytea), now() - interval '1 year', now(),
       CASE k WHEN 3 THEN now() - interval '60 days' END, now() - interval '1 year'
  FROM site, generate_series(1, 3) k;
INSERT INTO actors_bankaccount (id, actor_id, holder, iban_sealed, iban_last4, bic, proposed_by, proposed_at,
                                approved_by, approved_at)
SELECT gen_random_uuid(), id, 'Acteur ' || rank, '\x00', '0189', 'AGRIFRPP', person, now() - interval '1 year',
       gen_random_uuid(), now() - interval '1 year' FROM actor;
INSERT INTO actors_bankaccount (id, actor_id, holder, iban_sealed, iban_last4, bic, proposed_by, proposed_at)
SELECT gen_random_uuid(), id, 'Acteur ' || rank, '\x00', '0190', 'AGRIFRPP', person, now() - interval '1 day'
  FROM actor WHERE rank % 20 = 3 OR rank < 20 OR (rank - 20) % 29 = 0;
SET session_replication_role = origin;
UPDATE actors_site SET territories = territories WHERE id IN (SELECT site_id FROM qualification_round);
