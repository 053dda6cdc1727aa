"""Money given back to a funder: of a line of its own, changed by nothing but its confirmation, and by nothing after."""

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models

# Foreign keys ignore row-level security: a row names its line's tenant, and this key holds it to it.
TENANT = """
ALTER TABLE funders_refund ADD CONSTRAINT refund_line_of_funder
  FOREIGN KEY (line_id, funder_id) REFERENCES funders_fundingline (id, funder_id)
"""
# What one person prepared is what the other confirms; once confirmed it is evidence, for the owner too.
SEALED = """
REVOKE UPDATE ON funders_refund FROM aptic_app, aptic_system;
GRANT UPDATE (bank_reference, left_on, confirmed_by, confirmed_at) ON funders_refund TO aptic_app;
CREATE TRIGGER refund_confirmed_stays BEFORE UPDATE OR DELETE ON funders_refund
  FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION aptic_refuse_change()
"""


class Migration(migrations.Migration):
    """Refunds."""

    dependencies = [
        ('funders', '0004_account_of_funder'),
        ('ledger', '0008_refund'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="fundingline",
            constraint=models.UniqueConstraint(fields=["id", "funder"], name="line_of_funder"),
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_cents', models.BigIntegerField(verbose_name='montant')),
                ('reason', models.CharField(max_length=300, verbose_name='motif')),
                ('holder', models.CharField(max_length=70, verbose_name='titulaire du compte')),
                ('iban_sealed', models.BinaryField()),
                ('iban_last4', models.CharField(max_length=4)),
                ('prepared_by', models.UUIDField()),
                ('prepared_at', models.DateTimeField()),
                ('bank_reference', models.CharField(blank=True, max_length=60, verbose_name='référence du virement')),
                ('left_on', models.DateField(null=True, verbose_name='parti le')),
                ('confirmed_by', models.UUIDField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('funder', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='refunds', to='funders.fundingline')),
            ],
            options={
                'verbose_name': 'remboursement',
                'ordering': ('-prepared_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='refund_positive'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='refund_has_a_reason', violation_error_message='Écrivez le motif du remboursement.'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), models.Q(('confirmed_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='refund_two_people', violation_error_message='Une autre personne doit confirmer ce remboursement.'), models.CheckConstraint(condition=models.Q(models.Q(('bank_reference', ''), ('confirmed_at__isnull', True), ('left_on__isnull', True)), models.Q(('confirmed_at__isnull', False), ('left_on__isnull', False), models.Q(('bank_reference', ''), _negated=True)), _connector='OR'), name='refund_left_iff_confirmed'), models.UniqueConstraint(condition=models.Q(('confirmed_at__isnull', True)), fields=('line',), name='one_refund_prepared_per_line'), models.UniqueConstraint(condition=models.Q(('bank_reference', ''), _negated=True), fields=('funder', 'bank_reference'), name='refund_reference', violation_error_message='Un autre remboursement de ce commanditaire porte déjà cette référence.'), aptic.tenancy.rls.Tenant(name='refund_rls', readers=('funder_id',))],
            },
        ),
        migrations.RunSQL(TENANT, "ALTER TABLE funders_refund DROP CONSTRAINT refund_line_of_funder"),
        migrations.RunSQL(SEALED, "DROP TRIGGER refund_confirmed_stays ON funders_refund"),
    ]
