"""Who may post what, and between which accounts: the database knows the table of `aptic/ledger/kinds.py` too.

A funder's principal could write `funds_received` into its own purse: that no more is issued than was funded then stood
on the nightly proof alone. Now a funder posts replacements only, an actor redemptions and voids, a scheduled job the end
of a batch, and all the rest the operator; and a kind moves its own accounts and no others, whoever posts it.
"""

from django.db import migrations

import aptic.tenancy.rls

# Kind, account debited, account credited. A case opened is claimed for the account harmed: what an actor is owed, or what
# circulates.
KINDS = """
CREATE FUNCTION ledger_postings() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    'funds_promised receivable credit', 'funds_collected safeguarded receivable', 'funds_received safeguarded credit',
    'promise_cancelled credit receivable', 'refund credit safeguarded', 'issue credit circulation',
    'expire circulation credit', 'redeem circulation payable', 'void payable circulation',
    'replace circulation circulation', 'fee payable fees_due', 'fee_vat payable vat_due',
    'payout_sent payable in_transfer', 'payout_settled in_transfer safeguarded', 'payout_rejected in_transfer payable',
    'payout_returned safeguarded payable', 'fees_swept fees_due safeguarded', 'vat_swept vat_due safeguarded',
    'recovered payable claim', 'claim_repaid safeguarded claim', 'guarantee_funded safeguarded guarantee',
    'guarantee_paid guarantee safeguarded', 'guarantee_granted safeguarded claim',
    'incident_opened claim payable', 'incident_opened claim circulation'
  ]
$$
"""
# With the owner's rights: who may post does not always read both accounts. Before the guard, by its name: what is not a
# posting at all moves no bound. Each account by its key, also on a connection that has just sent a run: a join is planned
# once for the statements that follow, and a redemption would then read every account.
POSTING = """
CREATE FUNCTION ledger_check_posting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added t
              WHERE t.kind || ' ' || (SELECT kind FROM ledger_account WHERE id = t.debit_id)
                           || ' ' || (SELECT kind FROM ledger_account WHERE id = t.credit_id) <> ALL (ledger_postings())) THEN
    RAISE EXCEPTION 'this kind of transfer does not move these accounts'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_moves_its_accounts';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_check_posting AFTER INSERT ON ledger_transfer REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_posting()
"""


class Migration(migrations.Migration):
    """One policy and one trigger."""

    dependencies = [("ledger", "0010_fees_never_negative")]
    operations = [
        migrations.RunSQL(KINDS, "DROP FUNCTION ledger_postings()"),
        migrations.RunSQL(POSTING, "DROP FUNCTION ledger_check_posting() CASCADE"),
        migrations.RemoveConstraint(model_name="transfer", name="transfer_rls"),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=aptic.tenancy.rls.Tenant(
                append_only=True,
                insert_if="kind = 'replace' AND funder_id = {organisation}"
                " OR kind IN ('redeem', 'void') AND actor_id = {organisation}",
                name="transfer_rls",
                readers=("funder_id", "actor_id"),
                system_if="kind = 'expire'",
            ),
        ),
    ]
