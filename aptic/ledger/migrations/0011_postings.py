"""Who may post what, and between which accounts: the database knows the table of `aptic/ledger/kinds.py` too.

A funder's principal could write `funds_received` into its own purse: that no more is issued than was funded then stood
on the nightly proof alone. Now a funder posts replacements only, an actor redemptions and voids, a scheduled job the end
of a batch, and all the rest the operator; and a kind moves its own accounts and no others, whoever posts it.
"""

from django.db import migrations

import aptic.tenancy.rls

# A case opened (`incident_opened`) credits whichever account was harmed.
KINDS = """
CREATE FUNCTION ledger_moves(kind text, debited text, credited text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE kind
    WHEN 'redeem' THEN debited = 'circulation' AND credited = 'payable'
    WHEN 'void' THEN debited = 'payable' AND credited = 'circulation'
    WHEN 'payout_sent' THEN debited = 'payable' AND credited = 'in_transfer'
    WHEN 'payout_settled' THEN debited = 'in_transfer' AND credited = 'safeguarded'
    WHEN 'payout_rejected' THEN debited = 'in_transfer' AND credited = 'payable'
    WHEN 'payout_returned' THEN debited = 'safeguarded' AND credited = 'payable'
    WHEN 'fee' THEN debited = 'payable' AND credited = 'fees_due'
    WHEN 'fee_vat' THEN debited = 'payable' AND credited = 'vat_due'
    WHEN 'fees_swept' THEN debited = 'fees_due' AND credited = 'safeguarded'
    WHEN 'vat_swept' THEN debited = 'vat_due' AND credited = 'safeguarded'
    WHEN 'funds_promised' THEN debited = 'receivable' AND credited = 'credit'
    WHEN 'funds_collected' THEN debited = 'safeguarded' AND credited = 'receivable'
    WHEN 'funds_received' THEN debited = 'safeguarded' AND credited = 'credit'
    WHEN 'promise_cancelled' THEN debited = 'credit' AND credited = 'receivable'
    WHEN 'refund' THEN debited = 'credit' AND credited = 'safeguarded'
    WHEN 'issue' THEN debited = 'credit' AND credited = 'circulation'
    WHEN 'expire' THEN debited = 'circulation' AND credited = 'credit'
    WHEN 'replace' THEN debited = 'circulation' AND credited = 'circulation'
    WHEN 'recovered' THEN debited = 'payable' AND credited = 'claim'
    WHEN 'claim_repaid' THEN debited = 'safeguarded' AND credited = 'claim'
    WHEN 'guarantee_funded' THEN debited = 'safeguarded' AND credited = 'guarantee'
    WHEN 'guarantee_paid' THEN debited = 'guarantee' AND credited = 'safeguarded'
    WHEN 'guarantee_granted' THEN debited = 'safeguarded' AND credited = 'claim'
    WHEN 'incident_opened' THEN debited = 'claim'
    ELSE false END
$$
"""
# With the owner's rights: who may post does not always read both accounts. Before the guard, by its name: what is not a
# posting at all moves no bound.
POSTING = """
CREATE FUNCTION ledger_check_posting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added t JOIN ledger_account d ON d.id = t.debit_id JOIN ledger_account c ON c.id = t.credit_id
              WHERE NOT ledger_moves(t.kind, d.kind, c.kind)) THEN
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
        migrations.RunSQL(KINDS, "DROP FUNCTION ledger_moves(text, text, text)"),
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
