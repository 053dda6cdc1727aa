"""What the ledger's models cannot say: real foreign keys within a purse, guarded balances, the clock."""

from django.db import migrations

FOREIGN_KEYS = """
ALTER TABLE ledger_transfer
  ADD CONSTRAINT transfer_debit_in_purse FOREIGN KEY (purse_id, debit_id) REFERENCES ledger_account (purse_id, id),
  ADD CONSTRAINT transfer_credit_in_purse FOREIGN KEY (purse_id, credit_id) REFERENCES ledger_account (purse_id, id)
"""

# Assets grow by debit, liabilities by credit.
BALANCES = """
CREATE FUNCTION ledger_balance_at(account bigint, below bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(c.balance_cents, 0)
       + CASE WHEN a.kind IN ('safeguarded', 'receivable', 'claim') THEN 1 ELSE -1 END
       * ((SELECT coalesce(sum(amount_cents), 0) FROM ledger_transfer
            WHERE debit_id = a.id AND xid >= coalesce(c.horizon, 0) AND xid < below)
        - (SELECT coalesce(sum(amount_cents), 0) FROM ledger_transfer
            WHERE credit_id = a.id AND xid >= coalesce(c.horizon, 0) AND xid < below))
    FROM ledger_account a LEFT JOIN ledger_closing c ON c.account_id = a.id AND c.horizon <= below
   WHERE a.id = account
$$;
CREATE FUNCTION ledger_balance(account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT ledger_balance_at(account, 9223372036854775807)
$$
"""

# Runs with the owner's rights: whoever may write the transfer may move the bounds that guard it, and nobody else.
# Purses before accounts, accounts by id: the order in which every lock of the ledger is taken.
GUARD = """
CREATE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE debited text; credited text; step bigint := 0;
BEGIN
  SELECT kind INTO debited FROM ledger_account WHERE id = NEW.debit_id;
  SELECT kind INTO credited FROM ledger_account WHERE id = NEW.credit_id;
  -- available = safeguarded - in_transfer - fees_due - vat_due
  IF debited IN ('safeguarded', 'in_transfer', 'fees_due', 'vat_due') THEN step := step + NEW.amount_cents; END IF;
  IF credited IN ('safeguarded', 'in_transfer', 'fees_due', 'vat_due') THEN step := step - NEW.amount_cents; END IF;
  IF step <> 0 THEN
    UPDATE ledger_purse SET available_cents = available_cents + step WHERE id = NEW.purse_id;
  END IF;
  UPDATE ledger_account SET guarded_cents = guarded_cents
       + CASE WHEN (id = NEW.debit_id) = (kind IN ('safeguarded', 'receivable', 'claim'))
              THEN NEW.amount_cents ELSE -NEW.amount_cents END
   WHERE guarded_cents IS NOT NULL AND id IN (NEW.debit_id, NEW.credit_id);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_guard AFTER INSERT ON ledger_transfer
  FOR EACH ROW WHEN (NEW.kind NOT IN ('redeem', 'void')) EXECUTE FUNCTION ledger_guard()
"""

# Outside a demonstration nobody writes into the past or the future of the books.
CLOCK = """
CREATE FUNCTION ledger_clock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT (SELECT demonstration FROM tenancy_installation) THEN
    RAISE EXCEPTION 'accounted_at must be within a minute of now' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_clock BEFORE INSERT ON ledger_transfer FOR EACH ROW
  WHEN (NEW.accounted_at NOT BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp() + interval '1 minute')
  EXECUTE FUNCTION ledger_clock()
"""
# Bounds move only through the trigger: a serving role may create an account, never write its guard or a purse's.
COLUMNS = """
REVOKE UPDATE, DELETE ON ledger_account, ledger_purse FROM aptic_app, aptic_system;
-- Locking a row needs the right to update some column: this one holds nothing that counts.
GRANT UPDATE (created_at) ON ledger_purse TO aptic_app, aptic_system;
CREATE FUNCTION ledger_guard_starts_at_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a guarded balance starts at zero' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER account_guard_starts_at_zero BEFORE INSERT ON ledger_account FOR EACH ROW
  WHEN (NEW.guarded_cents <> 0) EXECUTE FUNCTION ledger_guard_starts_at_zero();
CREATE TRIGGER purse_guard_starts_at_zero BEFORE INSERT ON ledger_purse FOR EACH ROW
  WHEN (NEW.available_cents <> 0) EXECUTE FUNCTION ledger_guard_starts_at_zero()
"""


class Migration(migrations.Migration):
    """Hand-written rules of the ledger."""

    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(FOREIGN_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(BALANCES, "DROP FUNCTION ledger_balance(bigint), ledger_balance_at(bigint, bigint)"),
        migrations.RunSQL(GUARD, "DROP FUNCTION ledger_guard() CASCADE"),
        migrations.RunSQL(CLOCK, "DROP FUNCTION ledger_clock() CASCADE"),
        migrations.RunSQL(COLUMNS, "DROP FUNCTION ledger_guard_starts_at_zero() CASCADE"),
    ]
