-- What a counter may know before its network goes: the terms of every batch still alive, and which passes to refuse.
--
--   passes_withhold     keeps passes_withheld, whoever blocks or replaces a pass
--   passes_knowledge    what one live device's site may know, in one row

-- With the owner's rights: nobody else writes passes_withheld.
CREATE FUNCTION passes_withhold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.state IN ('blocked', 'replaced') THEN
    INSERT INTO passes_withheld (pass_id, batch_id, funder_id) VALUES (NEW.id, NEW.batch_id, NEW.funder_id)
    ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM passes_withheld WHERE pass_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;

-- Neither fires for a redemption: the conditions are read before the row is queued.
CREATE TRIGGER pass_withheld AFTER UPDATE OF state ON passes_pass FOR EACH ROW
  WHEN (NEW.state IN ('blocked', 'replaced')) EXECUTE FUNCTION passes_withhold();
CREATE TRIGGER pass_released AFTER UPDATE OF state ON passes_pass FOR EACH ROW
  WHEN (OLD.state IN ('blocked', 'replaced') AND NEW.state NOT IN ('blocked', 'replaced')) EXECUTE FUNCTION passes_withhold();

-- With the owner's rights, because batches are their funder's to read: whoever holds a live device's token gets the
-- terms of what may be presented at its site. Of a batch that pays nothing there it gets the number, the reason, and what its
-- booklets say: whom to call, and the three nearest sites that take it, of the 500 around (the rule of `balance.sites_for` and `nearest`).
CREATE FUNCTION passes_knowledge(token bytea, at timestamptz)
RETURNS TABLE (may_redeem boolean, batches jsonb, blocked int[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH till AS (
    SELECT s.id, s.territories, s.commune_id, s.latitude, s.longitude, s.open AND a.state = 'qualified' AS may_redeem
      FROM accounts_device d JOIN actors_site s ON s.id = d.site_id JOIN actors_actor a ON a.organisation_id = s.actor_id
     WHERE d.digest = token AND d.revoked_at IS NULL
  ), alive AS (
    SELECT b.*, c.name, c.contact_phone, f.name AS funder, c.time_zone, passes_opened_services(c.services) AS services, c.passes_per_day, c.needs_hand_out,
           cardinality(c.territories) = 0 OR c.territories && till.territories AS territories_match,
           NOT c.restricts_sites OR EXISTS (
             SELECT 1 FROM passes_campaignsite cs WHERE cs.campaign_id = c.id AND cs.site_id = till.id) AS site_match
      FROM till, passes_batch b JOIN funders_campaign c ON c.id = b.campaign_id
           JOIN tenancy_organisation f ON f.id = b.funder_id
     WHERE b.expired_at IS NULL AND b.claim_until >= at
  ), around AS MATERIALIZED (
    SELECT s.id, s.search_key, s.territories, s.services,
           (s.latitude - till.latitude) ^ 2 + ((s.longitude - till.longitude) * cos(radians(till.latitude))) ^ 2 AS far
      FROM till, actors_site s JOIN actors_actor a ON a.organisation_id = s.actor_id AND a.state = 'qualified'
     WHERE s.open AND s.id <> till.id AND (till.latitude IS NOT NULL OR s.commune_id = till.commune_id)
     ORDER BY far NULLS LAST, s.search_key, s.id LIMIT 500
  ), elsewhere AS (
    SELECT o.campaign_id, jsonb_agg(near.id ORDER BY near.far, near.search_key, near.id) AS sites
      FROM (SELECT DISTINCT campaign_id FROM alive, till
             WHERE NOT (territories_match AND site_match AND till.may_redeem)) o
      JOIN funders_campaign c ON c.id = o.campaign_id CROSS JOIN LATERAL (
        SELECT s.* FROM around s
         WHERE (cardinality(c.territories) = 0 OR c.territories && s.territories)
           AND (cardinality(c.services) = 0 OR cardinality(s.services) = 0 OR c.services && s.services)
           AND (NOT c.restricts_sites OR EXISTS (
             SELECT 1 FROM passes_campaignsite cs WHERE cs.campaign_id = c.id AND cs.site_id = s.id))
         ORDER BY s.far, s.search_key, s.id LIMIT 3) near
     GROUP BY o.campaign_id
  )
  SELECT till.may_redeem,
         (SELECT coalesce(jsonb_agg(CASE WHEN territories_match AND site_match
            THEN jsonb_build_object('id', id, 'campaign', name, 'value_cents', face_value_cents,
                   'activated', activated_at IS NOT NULL, 'valid_from', valid_from, 'valid_until', valid_until,
                   'claim_until', claim_until, 'time_zone', time_zone, 'services', services,
                   'passes_per_day', passes_per_day, 'needs_hand_out', needs_hand_out,
                   'territories_match', true, 'site_match', true)
            ELSE jsonb_build_object('id', id, 'territories_match', territories_match, 'site_match', site_match) END
            || jsonb_build_object('funder', funder, 'phone', contact_phone, 'near', coalesce(elsewhere.sites, '[]'))
            ORDER BY id), '[]') FROM alive LEFT JOIN elsewhere USING (campaign_id)),
         (SELECT coalesce(array_agg(w.pass_id ORDER BY w.pass_id), '{}')
            FROM passes_withheld w JOIN alive ON alive.id = w.batch_id)
    FROM till
$$;
REVOKE ALL ON FUNCTION passes_knowledge(bytea, timestamptz) FROM PUBLIC, aptic_system;
GRANT EXECUTE ON FUNCTION passes_knowledge(bytea, timestamptz) TO aptic_app
