"""Order numbers without a gap, states that are known, and tenants that foreign keys alone would not check."""

import aptic.tenancy.rls
from django.db import migrations, models
from django.db.models import Q

# With the owner's rights: whoever may place an order may take the next number, and nobody may write the counter.
NUMBERS = """
CREATE FUNCTION funders_next_order_number(wanted int) RETURNS text LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  INSERT INTO funders_ordernumber AS counter (year, last) VALUES (wanted, 1)
  ON CONFLICT (year) DO UPDATE SET last = counter.last + 1
  RETURNING counter.year || '-' || lpad(counter.last::text, greatest(4, length(counter.last::text)), '0')
$$;
REVOKE INSERT, UPDATE, DELETE ON funders_ordernumber FROM aptic_app, aptic_system
"""

# Foreign keys ignore row-level security: a row names its parent's tenant, and these keys hold it to it.
TENANTS = """
ALTER TABLE funders_fundingline ADD CONSTRAINT line_campaign_of_funder
  FOREIGN KEY (campaign_id, funder_id) REFERENCES funders_campaign (id, funder_id);
ALTER TABLE funders_order ADD CONSTRAINT order_line_of_campaign
  FOREIGN KEY (line_id, campaign_id, funder_id) REFERENCES funders_fundingline (id, campaign_id, funder_id)
"""


class Migration(migrations.Migration):
    """Rules of the funders' room."""

    dependencies = [("funders", "0002_initial")]
    operations = [
        migrations.CreateModel(
            name="OrderNumber",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField()),
            ],
            options={"constraints": [aptic.tenancy.rls.Tenant(name="order_number_rls")]},
        ),
        migrations.AlterField(
            model_name="order",
            name="state",
            field=models.CharField(
                choices=[
                    ("placed", "Commandée"),
                    ("funded", "En cours d’émission"),
                    ("issued", "Émise"),
                    ("cancelled", "Annulée"),
                ],
                default="placed",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["draft", "open", "closed"]), name="campaign_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["placed", "funded", "issued", "cancelled"]), name="order_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingline",
            constraint=models.UniqueConstraint(fields=["id", "campaign", "funder"], name="line_of_campaign"),
        ),
        migrations.RunSQL(NUMBERS, "DROP FUNCTION funders_next_order_number(int)"),
        migrations.RunSQL(
            TENANTS,
            "ALTER TABLE funders_order DROP CONSTRAINT order_line_of_campaign;"
            "ALTER TABLE funders_fundingline DROP CONSTRAINT line_campaign_of_funder",
        ),
    ]
