-- Where a site helps, which `actors_site.territories` says: the keys of its commune, then those of the communes of its
-- round, each once. A campaign, the counter off line and the directory read that column alone.
--
--   qualification_site_helps    whoever writes a site, and whatever it says of its territories
--   qualification_round_goes    whoever writes a round: the site's row is written again

-- With the owner's rights, as the other: what is true of a site never depends on who may read. Not STABLE: after
-- waiting for the site's row, it must read the rounds that were declared meanwhile.
CREATE FUNCTION qualification_site_helps() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  NEW.territories := ARRAY(
    SELECT k.key FROM (
      SELECT NEW.commune_id AS code, 0 AS later
      UNION ALL SELECT r.commune_id, 1 FROM qualification_round r WHERE r.site_id = NEW.id) goes
      JOIN territories_commune c ON c.code = goes.code
      CROSS JOIN LATERAL unnest(ARRAY['commune:' || c.code, 'epci:' || c.epci_id, 'departement:' || c.departement_id,
                                      'region:' || c.region_id, 'france']) WITH ORDINALITY AS k (key, level)
     WHERE k.key IS NOT NULL GROUP BY k.key ORDER BY min(goes.later), min(k.level), k.key);
  RETURN NEW;
END $$;
CREATE TRIGGER qualification_site_helps BEFORE INSERT OR UPDATE OF commune_id, territories ON actors_site
  FOR EACH ROW EXECUTE FUNCTION qualification_site_helps();

CREATE FUNCTION qualification_round_goes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE moved uuid[] := '{}';
BEGIN
  IF TG_OP <> 'INSERT' THEN moved := ARRAY(SELECT DISTINCT site_id FROM before_rows); END IF;
  IF TG_OP <> 'DELETE' THEN moved := moved || ARRAY(SELECT DISTINCT site_id FROM after_rows); END IF;
  UPDATE actors_site SET territories = territories WHERE id = ANY(moved);
  RETURN NULL;
END $$;
CREATE TRIGGER qualification_round_goes_insert AFTER INSERT ON qualification_round
  REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_round_goes();
CREATE TRIGGER qualification_round_goes_update AFTER UPDATE ON qualification_round
  REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_round_goes();
CREATE TRIGGER qualification_round_goes_delete AFTER DELETE ON qualification_round
  REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_round_goes()
