"""The only ways from a secret to a row: functions that run as the owner, see one row, and tell as little as possible.

Nobody's policy shows another tenant's digests; whoever presents a secret proves by it that this row concerns him.
"""

from django.db import migrations

HEAD = "LANGUAGE {language} {volatility} SECURITY DEFINER SET search_path = public, pg_temp AS $$"
VOLATILE = HEAD.format(language="plpgsql", volatility="VOLATILE")
READS = HEAD.format(language="sql", volatility="STABLE")

FIND_INVITATION = f"""
CREATE FUNCTION accounts_find_invitation(presented bytea)
RETURNS TABLE (email text, role text, organisation_id uuid, organisation text, state text) {READS}
  SELECT i.email::text, i.role::text, o.id, o.name::text,
         CASE WHEN i.accepted_at IS NOT NULL THEN 'used' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
              WHEN i.expires_at <= clock_timestamp() THEN 'expired' ELSE 'open' END
    FROM accounts_invitation i JOIN tenancy_organisation o ON o.id = i.organisation_id
   WHERE i.digest = presented
$$
"""

# One conditional UPDATE decides: of two simultaneous acceptances the second finds `accepted_at` set.
ACCEPT_INVITATION = f"""
CREATE FUNCTION accounts_accept_invitation(presented bytea, joining uuid) RETURNS uuid {VOLATILE}
DECLARE
  accepted accounts_invitation; joined uuid;
BEGIN
  IF joining IS DISTINCT FROM nullif(current_setting('aptic.person', true), '')::uuid THEN RETURN NULL; END IF;
  UPDATE accounts_invitation i SET accepted_at = clock_timestamp()
    FROM accounts_user u
   WHERE i.digest = presented AND i.accepted_at IS NULL AND i.revoked_at IS NULL
     AND i.expires_at > clock_timestamp() AND u.id = joining AND u.is_active AND u.email = i.email
  RETURNING i.* INTO accepted;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO accounts_membership AS m (id, user_id, organisation_id, role, active, created_at)
  VALUES (gen_random_uuid(), joining, accepted.organisation_id, accepted.role, true, clock_timestamp())
  ON CONFLICT (user_id, organisation_id) DO UPDATE SET role = excluded.role, active = true
  RETURNING m.id INTO joined;
  RETURN joined;
END $$
"""

CLAIM_PAIRING = f"""
CREATE FUNCTION accounts_claim_pairing(presented bytea, token_digest bytea) RETURNS uuid {VOLATILE}
DECLARE
  paired uuid;
BEGIN
  UPDATE accounts_device
     SET digest = token_digest, paired_at = clock_timestamp(), pairing_digest = NULL, pairing_expires_at = NULL
   WHERE pairing_digest = presented AND pairing_expires_at > clock_timestamp() AND revoked_at IS NULL
  RETURNING id INTO paired;
  RETURN paired;
END $$
"""

# `last_used_at` moves once a minute at most: a busy key does not write a row for each of its requests.
ENTER_API_KEY = f"""
CREATE FUNCTION aptic_enter_api_key(presented bytea)
RETURNS TABLE (id uuid, organisation_id uuid, hat text, scopes text[]) {VOLATILE}
BEGIN
  RETURN QUERY
    SELECT k.id, k.organisation_id, k.hat::text, k.scopes::text[]
      FROM accounts_apikey k JOIN tenancy_organisation o ON o.id = k.organisation_id
     WHERE k.digest = presented AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
       AND (to_jsonb(o) ->> ('is_' || k.hat))::boolean;
  IF FOUND THEN
    UPDATE accounts_apikey k SET last_used_at = clock_timestamp()
     WHERE k.digest = presented
       AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
  END IF;
END $$
"""

SIGNATURES = (
    "accounts_find_invitation(bytea)",
    "accounts_accept_invitation(bytea, uuid)",
    "accounts_claim_pairing(bytea, bytea)",
    "aptic_enter_api_key(bytea)",
)
BODIES = (FIND_INVITATION, ACCEPT_INVITATION, CLAIM_PAIRING, ENTER_API_KEY)


class Migration(migrations.Migration):
    """The functions, for the serving role only."""

    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"{body}; REVOKE ALL ON FUNCTION {signature} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {signature} TO aptic_app",
            f"DROP FUNCTION {signature}",
        )
        for signature, body in zip(SIGNATURES, BODIES, strict=True)
    ]
