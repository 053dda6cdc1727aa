"""How much of what waits for a funder the money that has come since covers, without showing an actor that purse.

What was left to the others of the same run comes first: an actor is never promised money that may be another's.
"""

from django.db import migrations

COVERED = """
CREATE FUNCTION actors_covered(wanted uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT greatest(0, least(w.amount_cents, u.available_cents
         - coalesce((SELECT sum(s.gross_cents) FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id
                      WHERE s.purse_id = w.purse_id AND p.state = 'prepared'), 0)
         - coalesce((SELECT sum(o.amount_cents) FROM actors_waiting o
                      WHERE o.settlement_id = w.settlement_id AND o.purse_id = w.purse_id AND o.reason = 'funds'
                        AND o.id <> w.id), 0)))::bigint
    FROM actors_waiting w JOIN ledger_purse u ON u.id = w.purse_id
   WHERE w.id = wanted AND w.reason = 'funds'
     AND (current_setting('aptic.hat', true) = 'operator'
          OR w.actor_id = nullif(current_setting('aptic.organisation', true), '')::uuid)
$$
"""


class Migration(migrations.Migration):
    """One function, no table."""

    dependencies = [("actors", "0017_one_bank_account_waits"), ("ledger", "0001_initial")]
    operations = [migrations.RunSQL(COVERED, "DROP FUNCTION actors_covered(uuid)")]
