"""Fees and VAT due never fall below zero: no sweep takes more than payouts have left there, whoever posts it.

They are guarded as free money is, by the trigger on transfers (0008): only a payout and a sweep move them. From now on
the kind of an account alone says whether it is guarded, so that none is opened without its bound.
"""

from django.db import migrations, models

# Whoever moves fees holds the purse: what is summed here moves no more until the bound stands. Before any table's lock,
# because a payout holds the purse first, too.
HOLD = "SELECT 1 FROM ledger_purse ORDER BY id FOR NO KEY UPDATE"
FILL = """
UPDATE ledger_account SET guarded_cents = ledger_balance(id)
 WHERE kind IN ('fees_due', 'vat_due') AND guarded_cents IS NULL
"""
# The version before this one opens them without a bound, and may still serve.
OPENED = """
CREATE FUNCTION ledger_fees_are_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.guarded_cents := 0;
  RETURN NEW;
END $$;
CREATE TRIGGER account_fees_are_guarded BEFORE INSERT ON ledger_account FOR EACH ROW
  WHEN (NEW.kind IN ('fees_due', 'vat_due') AND NEW.guarded_cents IS NULL) EXECUTE FUNCTION ledger_fees_are_guarded()
"""
GUARDED = ["claim", "credit", "fees_due", "guarantee", "in_transfer", "receivable", "safeguarded", "vat_due"]


class Migration(migrations.Migration):
    """Two kinds more, and a bound for each account of a guarded kind."""

    dependencies = [("ledger", "0009_numbers")]
    operations = [
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
        migrations.RunSQL(OPENED, "DROP FUNCTION ledger_fees_are_guarded() CASCADE"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("guarded_cents__isnull", False), ("kind__in", GUARDED))
                | models.Q(("guarded_cents__isnull", True), models.Q(("kind__in", GUARDED), _negated=True)),
                name="account_guarded_by_kind",
            ),
        ),
    ]
