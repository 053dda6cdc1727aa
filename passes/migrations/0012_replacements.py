"""Booklets that hold the value of lost ones: the batch that replaces another on the same terms, and which booklet
stands for which."""

import aptic.tenancy.rls
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# Narrower than the rule it takes the place of, so no row that exists can break it.
ONE_BATCH = """
CREATE UNIQUE INDEX one_batch_per_order_and_line ON passes_batch (order_id, line_id) WHERE replaces_id IS NULL
"""

# A replacement has the order, the line, the operation, the funder and the value of what it replaces.
REFERENCES = """
CREATE UNIQUE INDEX batch_terms ON passes_batch (id, order_id, line_id, campaign_id, funder_id, face_value_cents);
CREATE UNIQUE INDEX batch_replaces ON passes_batch (id, replaces_id);
ALTER TABLE passes_batch ADD CONSTRAINT batch_replaces_on_its_terms
  FOREIGN KEY (replaces_id, order_id, line_id, campaign_id, funder_id, face_value_cents)
  REFERENCES passes_batch (id, order_id, line_id, campaign_id, funder_id, face_value_cents);
ALTER TABLE passes_replacement
  ADD CONSTRAINT replacement_in_its_batch FOREIGN KEY (booklet_id, batch_id, funder_id)
    REFERENCES passes_booklet (id, batch_id, funder_id),
  ADD CONSTRAINT replacement_of_lost_batch FOREIGN KEY (lost_id, lost_batch_id, funder_id)
    REFERENCES passes_booklet (id, batch_id, funder_id),
  ADD CONSTRAINT replacement_between_batches FOREIGN KEY (batch_id, lost_batch_id)
    REFERENCES passes_batch (id, replaces_id)
"""

# The value of a replaced pass is in another batch: it never comes back, and what was used or has expired has none.
FOR_EVER = """
CREATE FUNCTION passes_replaced_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a pass that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER pass_replaced_for_ever BEFORE UPDATE OF state ON passes_pass FOR EACH ROW
  WHEN ((OLD.state = 'replaced' AND NEW.state <> 'replaced')
        OR (NEW.state = 'replaced' AND OLD.state NOT IN ('open', 'blocked', 'replaced')))
  EXECUTE FUNCTION passes_replaced_for_ever()
"""


class Migration(migrations.Migration):
    """The table, the terms of a batch that replaces another, and the end of a replaced pass."""

    dependencies = [
        ('funders', '0004_account_of_funder'),
        ('ledger', '0007_balance_by_index'),
        ('passes', '0011_void_by_day'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Replacement',
            fields=[
                ('booklet', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='replaces', serialize=False, to='passes.booklet')),
                ('replaced_by', models.UUIDField(null=True)),
                ('replaced_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name': 'remplacement',
                'ordering': ('booklet',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='batch',
            name='one_batch_per_order_and_line',
        ),
        migrations.AddField(
            model_name='batch',
            name='replaces',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='replacements', to='passes.batch'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONE_BATCH, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AddConstraint(
                    model_name='batch',
                    constraint=models.UniqueConstraint(condition=models.Q(('replaces__isnull', True)), fields=('order', 'line'), name='one_batch_per_order_and_line'),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('replaces', models.F('id')), _negated=True), name='batch_replaces_another'),
        ),
        migrations.AddField(
            model_name='replacement',
            name='batch',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='passes.batch'),
        ),
        migrations.AddField(
            model_name='replacement',
            name='distributor',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation'),
        ),
        migrations.AddField(
            model_name='replacement',
            name='funder',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation'),
        ),
        migrations.AddField(
            model_name='replacement',
            name='lost',
            field=models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='replacements', to='passes.booklet'),
        ),
        migrations.AddField(
            model_name='replacement',
            name='lost_batch',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='passes.batch'),
        ),
        migrations.AddConstraint(
            model_name='replacement',
            constraint=models.CheckConstraint(condition=models.Q(('booklet', models.F('lost')), _negated=True), name='replacement_is_another_booklet'),
        ),
        migrations.AddConstraint(
            model_name='replacement',
            constraint=aptic.tenancy.rls.Tenant(append_only=True, name='replacement_rls', readers=('funder_id', 'distributor_id'), writers=('funder_id',)),
        ),
        migrations.RunSQL(REFERENCES, migrations.RunSQL.noop),
        migrations.RunSQL(FOR_EVER, migrations.RunSQL.noop),
    ]
