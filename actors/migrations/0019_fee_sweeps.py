"""The operator's fees leave a ring-fenced account by two people; what left before becomes rows of nobody.

The two checks of people and paper are not validated: the rows adopted here keep saying that one person was enough.
Every row written from now on obeys them, and no transfer of fees is accepted without its row.
"""

import uuid

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

import aptic.tenancy.rls

# Nothing is posted between what is adopted and the trigger that wants a row: for an instant, the ledger waits.
HOLD = "LOCK TABLE ledger_transfer IN SHARE ROW EXCLUSIVE MODE"
# What was noted by one person: the day, the amounts and the event are in its transfers; no bank reference was asked.
ADOPT = """
INSERT INTO actors_feesweep (id, purse_id, funder_id, fees_cents, vat_cents, prepared_at, bank_reference, confirmed_at)
SELECT t.event, t.purse_id, t.funder_id,
       coalesce(sum(t.amount_cents) FILTER (WHERE t.kind = 'fees_swept'), 0),
       coalesce(sum(t.amount_cents) FILTER (WHERE t.kind = 'vat_swept'), 0),
       min(t.accounted_at), '', min(t.accounted_at)
  FROM ledger_account a JOIN ledger_transfer t ON t.debit_id = a.id AND t.kind IN ('fees_swept', 'vat_swept')
 WHERE a.kind IN ('fees_due', 'vat_due') GROUP BY t.event, t.purse_id, t.funder_id
"""

# Foreign keys ignore row-level security: a row names its purse's funder, and this key holds it to it.
TENANT = """
ALTER TABLE actors_feesweep ADD CONSTRAINT sweep_funder_is_purses
  FOREIGN KEY (purse_id, funder_id) REFERENCES ledger_purse (id, funder_id)
"""
# What one person prepared is what the other confirms; once confirmed it is evidence, for the owner too.
SEALED = """
REVOKE UPDATE ON actors_feesweep FROM aptic_app, aptic_system;
GRANT UPDATE (bank_reference, left_on, confirmed_by, confirmed_at) ON actors_feesweep TO aptic_app;
CREATE TRIGGER sweep_confirmed_stays BEFORE UPDATE OR DELETE ON actors_feesweep
  FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION aptic_refuse_change()
"""
# The books move for a sweep that two people made, and by its amounts: whoever posts. That no more leaves than is due is
# the ledger's guard on fees.
BY_TWO = """
CREATE FUNCTION actors_sweep_by_two() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM actors_feesweep s
                  WHERE s.id = NEW.event AND s.purse_id = NEW.purse_id AND s.confirmed_by <> s.prepared_by
                    AND NEW.amount_cents = CASE NEW.kind WHEN 'fees_swept' THEN s.fees_cents ELSE s.vat_cents END)
  THEN RAISE EXCEPTION 'fees leave by two people'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'sweep_by_two_people';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sweep_by_two AFTER INSERT ON ledger_transfer
  FOR EACH ROW WHEN (NEW.kind IN ('fees_swept', 'vat_swept')) EXECUTE FUNCTION actors_sweep_by_two()
"""

RESTRICT = django.db.models.deletion.RESTRICT


class Migration(migrations.Migration):
    """One table, what was before it, and who may write it."""

    dependencies = [
        ("actors", "0018_waiting_covered"),
        ("ledger", "0011_postings"),
        ("tenancy", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="FeeSweep",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("fees_cents", models.BigIntegerField(verbose_name="frais HT")),
                ("vat_cents", models.BigIntegerField(verbose_name="TVA")),
                ("prepared_by", models.UUIDField(null=True)),
                ("prepared_at", models.DateTimeField()),
                ("bank_reference", models.CharField(blank=True, max_length=60, verbose_name="référence du virement")),
                ("left_on", models.DateField(null=True, verbose_name="parti le")),
                ("confirmed_by", models.UUIDField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "funder",
                    models.ForeignKey(null=True, on_delete=RESTRICT, related_name="+", to="tenancy.organisation"),
                ),
                ("purse", models.ForeignKey(on_delete=RESTRICT, related_name="fee_sweeps", to="ledger.purse")),
            ],
            options={
                "verbose_name": "virement des frais",
                "ordering": ("-prepared_at", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            ("fees_cents__gte", 0),
                            ("vat_cents__gte", 0),
                            Q(("fees_cents", 0), ("vat_cents", 0), _negated=True),
                        ),
                        name="sweep_positive",
                    ),
                    models.UniqueConstraint(
                        condition=Q(("confirmed_at__isnull", True)),
                        fields=("purse",),
                        name="one_sweep_prepared_per_purse",
                    ),
                    models.UniqueConstraint(
                        condition=Q(("bank_reference", ""), _negated=True),
                        fields=("purse", "bank_reference"),
                        name="sweep_reference",
                        violation_error_message="Un autre virement de ce cantonnement porte déjà cette référence.",
                    ),
                    aptic.tenancy.rls.Tenant(name="fee_sweep_rls", readers=("funder_id",)),
                ],
            },
        ),
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
        migrations.RunSQL(ADOPT, migrations.RunSQL.noop),
        AddConstraintNotValid(
            model_name="feesweep",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("prepared_by__isnull", False),
                    Q(
                        Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                        Q(
                            ("confirmed_at__isnull", False),
                            ("confirmed_by__isnull", False),
                            Q(("confirmed_by", F("prepared_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                ),
                name="sweep_two_people",
                violation_error_message="Une autre personne doit confirmer ce virement.",
            ),
        ),
        AddConstraintNotValid(
            model_name="feesweep",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("bank_reference", ""), ("confirmed_at__isnull", True), ("left_on__isnull", True)),
                    Q(
                        ("confirmed_at__isnull", False),
                        ("left_on__isnull", False),
                        Q(("bank_reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="sweep_left_iff_confirmed",
            ),
        ),
        migrations.RunSQL(TENANT, "ALTER TABLE actors_feesweep DROP CONSTRAINT sweep_funder_is_purses"),
        migrations.RunSQL(SEALED, "DROP TRIGGER sweep_confirmed_stays ON actors_feesweep"),
        migrations.RunSQL(BY_TWO, "DROP FUNCTION actors_sweep_by_two() CASCADE"),
    ]
