"""What a funder may read of the transfers its money left in: the bank's references and dates, never an actor's total.

A payout is its actor's row, because it adds up the money of several funders; a funder reads its own share of it. These
two functions answer for shares that the acting organisation may read, and for nobody else.
"""

from django.db import migrations

MINE = """(current_setting('aptic.hat', true) = 'operator'
      OR nullif(current_setting('aptic.organisation', true), '')::uuid IN (s.funder_id, s.actor_id))"""

PAYOUTS = f"""
CREATE FUNCTION impact_payouts_of(shares uuid[])
RETURNS TABLE (share_id uuid, payout_id uuid, end_to_end_id text, state text, cutoff timestamptz, sent_at timestamptz,
               settled_at timestamptz, rejected_at timestamptz, rejection_reason text, bank_reference text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id, p.id, p.end_to_end_id, p.state, p.cutoff, p.sent_at, p.settled_at, p.rejected_at, p.rejection_reason,
         p.bank_reference
    FROM actors_payoutpurse s JOIN actors_payout p ON p.id = s.payout_id
   WHERE s.id = ANY(shares) AND p.state <> 'released' AND {MINE}
$$
"""
NAMED = f"""
CREATE FUNCTION impact_payouts_named(wanted text) RETURNS TABLE (payout_id uuid, end_to_end_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT p.id, p.end_to_end_id
    FROM actors_payout p JOIN actors_payoutpurse s ON s.payout_id = p.id
   WHERE (p.end_to_end_id = wanted OR p.bank_reference = wanted) AND p.state <> 'released' AND wanted <> '' AND {MINE}
   ORDER BY p.end_to_end_id LIMIT 50
$$
"""


class Migration(migrations.Migration):
    """Two functions, no table."""

    dependencies = [("impact", "0001_initial"), ("actors", "0005_settlement")]
    operations = [
        migrations.RunSQL(PAYOUTS, "DROP FUNCTION impact_payouts_of(uuid[])"),
        migrations.RunSQL(NAMED, "DROP FUNCTION impact_payouts_named(text)"),
    ]
