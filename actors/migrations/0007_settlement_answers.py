"""A payout's state and the bank's answer agree; claims are proved with a plan made for the statement at hand.

A plan that PL/pgSQL keeps is made for the first statement of the session: one of ten claims would read a whole table
for each of a million. EXECUTE plans anew, once per run.
"""

from django.db import migrations, models

PROVE = """
CREATE OR REPLACE FUNCTION actors_prove_claims() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE wrong boolean;
BEGIN
  EXECUTE $prove$
    SELECT EXISTS (
      SELECT FROM claimed c
        LEFT JOIN actors_payoutpurse s ON s.id = c.share_id
        LEFT JOIN ledger_account a ON a.purse_id = s.purse_id AND a.kind = 'payable' AND a.about = s.actor_id
        LEFT JOIN ledger_transfer t ON t.id = c.transfer_id AND t.kind NOT IN ('fee', 'fee_vat', 'payout_sent')
       WHERE c.actor_id IS DISTINCT FROM s.actor_id OR c.funder_id IS DISTINCT FROM s.funder_id
          OR c.signed_cents IS DISTINCT FROM
             CASE a.id WHEN t.credit_id THEN t.amount_cents WHEN t.debit_id THEN -t.amount_cents END)
  $prove$ INTO wrong;
  IF wrong THEN
    RAISE EXCEPTION 'a claim is not a line of its share' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_line';
  END IF;
  EXECUTE $prove$
    SELECT EXISTS (
      SELECT FROM (SELECT share_id, sum(signed_cents) AS cents FROM claimed GROUP BY share_id) c
        JOIN actors_payoutpurse s ON s.id = c.share_id
        JOIN actors_payout p ON p.id = s.payout_id
       WHERE c.cents <> s.gross_cents OR p.state <> 'prepared')
  $prove$ INTO wrong;
  IF wrong THEN
    RAISE EXCEPTION 'a share is not the sum of its lines' USING ERRCODE = 'check_violation', CONSTRAINT = 'share_is_sum';
  END IF;
  RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    """Constraint and function."""

    dependencies = [
        ('actors', '0006_bank_account_approval'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rejected_at__isnull', True), ('settled_at__isnull', True), ('state__in', ['prepared', 'released', 'sent'])), models.Q(('rejected_at__isnull', True), ('settled_at__isnull', False), ('state', 'settled')), models.Q(('rejected_at__isnull', False), ('settled_at__isnull', True), ('state', 'rejected'), models.Q(('rejection_reason', ''), _negated=True)), models.Q(('rejected_at__isnull', False), ('settled_at__isnull', False), ('state', 'returned'), models.Q(('rejection_reason', ''), _negated=True)), _connector='OR'), name='payout_answer_dated'),
        ),
        migrations.RunSQL(PROVE, migrations.RunSQL.noop),
    ]
