"""A refund leaves its purse the cash for all that it owes; the guard says so, whoever posts it.

Free cash = safeguarded - in transfer - fees - VAT - owed to actors - circulation. The two sides of a purse balance, so
it is also credit - receivable - claims, minus what actors owe it (a payable below zero: money owed to us is no cash to
pay others with). The second form is read: each of its guarded balances moves under the purse's lock alone, while a
redemption or a void, which takes no lock, moves circulation against payable and changes neither form.
"""

from django.db import migrations

RULE = """
CREATE FUNCTION ledger_free_cash(wanted uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(CASE WHEN kind = 'credit' THEN guarded_cents
                           WHEN kind IN ('receivable', 'claim') THEN -guarded_cents
                           ELSE least(ledger_balance(id), 0) END), 0)::bigint
    FROM ledger_account WHERE purse_id = wanted AND kind IN ('credit', 'receivable', 'claim', 'payable')
$$;
-- Of each line: no more than its own free money that has really come, and no more than the purse's free cash.
CREATE FUNCTION ledger_refundable(wanted uuid) RETURNS TABLE (account_id bigint, cents bigint)
LANGUAGE sql STABLE AS $$
  WITH free AS MATERIALIZED (SELECT ledger_free_cash(wanted) AS cents)
  SELECT line.id, least(line.guarded_cents - coalesce(promised.guarded_cents, 0), free.cents)
    FROM free CROSS JOIN ledger_account line
    LEFT JOIN ledger_account promised
      ON promised.purse_id = line.purse_id AND promised.kind = 'receivable' AND promised.about = line.about
   WHERE line.purse_id = wanted AND line.kind = 'credit'
$$
"""
NO_RULE = "DROP FUNCTION ledger_refundable(uuid); DROP FUNCTION ledger_free_cash(uuid)"

# As in 0005. What `refund` adds is asked last: purse and accounts are locked by then and stand as they will be.
GUARD = """
CREATE OR REPLACE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM added WHERE kind NOT IN ('redeem', 'void')) THEN RETURN NULL; END IF;
  PERFORM 1 FROM ledger_purse WHERE id IN (SELECT purse_id FROM added WHERE kind NOT IN ('redeem', 'void'))
   ORDER BY id FOR NO KEY UPDATE;
  -- available = safeguarded - in_transfer - fees_due - vat_due
  UPDATE ledger_purse p SET available_cents = p.available_cents + moved.cents
    FROM (SELECT a.purse_id, sum(side.cents) AS cents
            FROM (SELECT debit_id AS id, amount_cents AS cents FROM added WHERE kind NOT IN ('redeem', 'void')
                  UNION ALL
                  SELECT credit_id, -amount_cents FROM added WHERE kind NOT IN ('redeem', 'void')) side
                 JOIN ledger_account a ON a.id = side.id
           WHERE a.kind IN ('safeguarded', 'in_transfer', 'fees_due', 'vat_due')
           GROUP BY a.purse_id) moved
   WHERE p.id = moved.purse_id AND moved.cents <> 0;
  PERFORM 1 FROM ledger_account WHERE guarded_cents IS NOT NULL
      AND id IN (SELECT debit_id FROM added UNION ALL SELECT credit_id FROM added) ORDER BY id FOR NO KEY UPDATE;
  UPDATE ledger_account a SET guarded_cents = a.guarded_cents
       + CASE WHEN a.kind IN ('safeguarded', 'receivable', 'claim') THEN moved.debited ELSE -moved.debited END
    FROM (SELECT id, sum(cents) AS debited
            FROM (SELECT debit_id AS id, amount_cents AS cents FROM added WHERE kind NOT IN ('redeem', 'void')
                  UNION ALL
                  SELECT credit_id, -amount_cents FROM added WHERE kind NOT IN ('redeem', 'void')) sides
           GROUP BY id) moved
   WHERE a.id = moved.id AND a.guarded_cents IS NOT NULL AND moved.debited <> 0;
{refund}  RETURN NULL;
END $$
"""
REFUND = """\
  IF EXISTS (SELECT FROM added t CROSS JOIN LATERAL ledger_refundable(t.purse_id) line
              WHERE t.kind = 'refund' AND line.account_id = t.debit_id AND line.cents < 0) THEN
    RAISE EXCEPTION 'a refund leaves its purse the cash for all that it owes'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_of_free_cash';
  END IF;
"""


class Migration(migrations.Migration):
    """The bound of refunds."""

    dependencies = [("ledger", "0007_balance_by_index")]
    operations = [
        migrations.RunSQL(RULE, NO_RULE),
        migrations.RunSQL(GUARD.format(refund=REFUND), GUARD.format(refund="")),
    ]
