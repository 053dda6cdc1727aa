"""What a run leaves waiting, its bank file and its rates; claims proved by the statement that makes them."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

import aptic.tenancy.rls

# One comparison per statement, with the owner's rights: every claim is a true line of its share's actor and purse,
# and the claims of a share add up to it. Two foreign keys would lock a million transfers one by one, and say less.
PROVE = """
CREATE FUNCTION actors_prove_claims() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM claimed c
      LEFT JOIN actors_payoutpurse s ON s.id = c.share_id
      LEFT JOIN ledger_account a ON a.purse_id = s.purse_id AND a.kind = 'payable' AND a.about = s.actor_id
      LEFT JOIN ledger_transfer t ON t.id = c.transfer_id AND t.kind NOT IN ('fee', 'fee_vat', 'payout_sent')
     WHERE c.actor_id IS DISTINCT FROM s.actor_id OR c.funder_id IS DISTINCT FROM s.funder_id
        OR c.signed_cents IS DISTINCT FROM
           CASE a.id WHEN t.credit_id THEN t.amount_cents WHEN t.debit_id THEN -t.amount_cents END)
  THEN RAISE EXCEPTION 'a claim is not a line of its share' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_line';
  END IF;
  IF EXISTS (
    SELECT FROM (SELECT share_id, sum(signed_cents) AS cents FROM claimed GROUP BY share_id) c
      JOIN actors_payoutpurse s ON s.id = c.share_id
      JOIN actors_payout p ON p.id = s.payout_id
     WHERE c.cents <> s.gross_cents OR p.state <> 'prepared')
  THEN RAISE EXCEPTION 'a share is not the sum of its lines' USING ERRCODE = 'check_violation', CONSTRAINT = 'share_is_sum';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER claims_proved AFTER INSERT ON actors_claim REFERENCING NEW TABLE AS claimed
  FOR EACH STATEMENT EXECUTE FUNCTION actors_prove_claims();
"""

# A claim lives as long as its payout: only a payout that was given up before it left gives its lines back.
RELEASE = """
CREATE FUNCTION actors_release_claims() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT share_id FROM released) c
               JOIN actors_payoutpurse s ON s.id = c.share_id
               JOIN actors_payout p ON p.id = s.payout_id WHERE p.state <> 'released')
  THEN RAISE EXCEPTION 'a line that is paid stays claimed' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_stays';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER claims_released AFTER DELETE ON actors_claim REFERENCING OLD TABLE AS released
  FOR EACH STATEMENT EXECUTE FUNCTION actors_release_claims();
REVOKE UPDATE ON actors_claim FROM aptic_app, aptic_system;
REVOKE DELETE ON actors_settlement, actors_payout, actors_payoutpurse FROM aptic_app, aptic_system
"""

BACK = """
DROP FUNCTION actors_prove_claims() CASCADE;
DROP FUNCTION actors_release_claims() CASCADE
"""

RESTRICT = django.db.models.deletion.RESTRICT


def _link(to, **more):
    return models.ForeignKey(on_delete=RESTRICT, related_name="+", to=to, **more)


class Migration(migrations.Migration):
    """Settlement."""

    dependencies = [
        ("actors", "0004_staff"),
        ("documents", "0001_initial"),
        ("ledger", "0002_rules"),
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="settlement", name="fee_basis_points", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="settlement", name="vat_basis_points", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="settlement", name="bank_file", field=_link("documents.document", null=True)
        ),
        # No payout exists yet anywhere: the first release carries this migration.
        migrations.AddField(
            model_name="payout",
            name="cutoff",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(
            name="payout", options={"ordering": ("-cutoff", "id"), "verbose_name": "contre-paiement"}
        ),
        migrations.AlterField(
            model_name="payout",
            name="state",
            field=models.CharField(
                choices=[
                    ("prepared", "Préparé"),
                    ("sent", "Envoyé"),
                    ("settled", "Versé"),
                    ("rejected", "Rejeté par la banque"),
                    ("returned", "Retourné par la banque"),
                    ("released", "Abandonné"),
                ],
                default="prepared",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="transfer",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=RESTRICT,
                primary_key=True,
                related_name="claim",
                serialize=False,
                to="ledger.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="share",
            field=models.ForeignKey(
                db_constraint=False, on_delete=RESTRICT, related_name="claims", to="actors.payoutpurse"
            ),
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bank_account", "En attente de coordonnées bancaires"),
                            ("funds", "En attente des fonds du commanditaire"),
                            ("carried", "Reporté au prochain règlement"),
                        ],
                        max_length=12,
                    ),
                ),
                ("cutoff", models.DateTimeField()),
                ("amount_cents", models.BigIntegerField()),
                ("lines_count", models.PositiveIntegerField()),
                ("expected_on", models.DateField(null=True)),
                ("actor", _link("tenancy.organisation")),
                ("funder", _link("tenancy.organisation", null=True)),
                ("purse", _link("ledger.purse")),
                (
                    "settlement",
                    models.ForeignKey(on_delete=RESTRICT, related_name="waiting", to="actors.settlement"),
                ),
            ],
            options={"verbose_name": "reste à payer", "ordering": ("-cutoff", "actor_id", "purse_id")},
        ),
        migrations.AddConstraint(
            model_name="waiting",
            constraint=models.UniqueConstraint(
                fields=("settlement", "actor", "purse"), name="one_waiting_per_purse"
            ),
        ),
        migrations.AddConstraint(
            model_name="waiting",
            constraint=aptic.tenancy.rls.Tenant(name="waiting_rls", readers=("actor_id", "funder_id")),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=Q(Q(("state__in", ["sent", "closed"]), _negated=True), Q(("bank_file__isnull", False), ("sent_at__isnull", False)), _connector="OR"),
                name="settlement_sent_with_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("sent_at__isnull", True), ("state__in", ["prepared", "released"])),
                    Q(
                        Q(("state__in", ["prepared", "released"]), _negated=True),
                        ("sent_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="payout_sent_iff_dated",
            ),
        ),
        migrations.RunSQL(PROVE + RELEASE, BACK),
    ]
