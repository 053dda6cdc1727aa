"""Caps of every level, nested; a cap lowered under those who are there keeps them « par extinction ».

Existing caps keep their meaning: no exception by extinction, no reason asked for what was set before.
"""

from importlib import import_module

import aptic.tenancy.rls
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

# With the owner's rights: nobody who serves may write `qualified`. One statement moves its caps in the order of their
# territories, however many places it takes or gives back, so that two statements never wait for each other.
COUNT = """
DROP TRIGGER qualification_count ON qualification_qualification;
CREATE OR REPLACE FUNCTION qualification_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE gone text[] := '{}'; come text[] := '{}'; moved record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF EXISTS (SELECT FROM before_rows b WHERE NOT EXISTS (
         SELECT FROM after_rows a WHERE a.id = b.id AND a.territory = b.territory AND a.actor_id = b.actor_id)) THEN
      RAISE EXCEPTION 'a qualification stays in its territory' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    SELECT coalesce(array_agg(territory), '{}') INTO gone FROM before_rows WHERE until IS NULL;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    SELECT coalesce(array_agg(territory), '{}') INTO come FROM after_rows WHERE until IS NULL;
  END IF;
  FOR moved IN
    SELECT territory, sum(step) AS step FROM (
      SELECT unnest(gone) AS territory, -1 AS step UNION ALL SELECT unnest(come), 1) AS each
     GROUP BY territory HAVING sum(step) <> 0 ORDER BY territory
  LOOP
    UPDATE qualification_cap SET qualified = qualified + moved.step WHERE territory = moved.territory;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER qualification_count_insert AFTER INSERT ON qualification_qualification
  REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_count();
CREATE TRIGGER qualification_count_update AFTER UPDATE ON qualification_qualification
  REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_count();
CREATE TRIGGER qualification_count_delete AFTER DELETE ON qualification_qualification
  REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION qualification_count()
"""
ROW_BY_ROW = """
DROP TRIGGER qualification_count_insert ON qualification_qualification;
DROP TRIGGER qualification_count_update ON qualification_qualification;
DROP TRIGGER qualification_count_delete ON qualification_qualification;
""" + import_module("qualification.migrations.0002_rules").COUNT.partition("REVOKE")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# What was there before the cap was lowered, and no more: it never grows because somebody joins.
EXTINCTION = """
CREATE FUNCTION qualification_extinction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE present integer := NEW.qualified;
BEGIN
  IF TG_OP = 'UPDATE' THEN present := least(OLD.qualified, NEW.qualified); END IF;
  NEW.extinction := greatest(0, present - NEW.cap - NEW.exceptions);
  RETURN NEW;
END $$;
CREATE TRIGGER qualification_extinction BEFORE INSERT OR UPDATE ON qualification_cap
  FOR EACH ROW EXECUTE FUNCTION qualification_extinction();
GRANT UPDATE (reason) ON qualification_cap TO aptic_app;
GRANT INSERT (reason) ON qualification_cap TO aptic_app
"""
ROUND = """
ALTER TABLE qualification_round ADD CONSTRAINT round_of_site FOREIGN KEY (site_id, actor_id)
  REFERENCES actors_site (id, actor_id)
"""
POLICY = """
INSERT INTO qualification_cappolicy
       (version, target_cents, at_least, at_most, inhabitants_per_actor, reason, set_at, set_by)
VALUES (1, 2000000, 1, 200, 60000, 'Règle de départ : le ratio consolidateur de 20 000 € par acteur et par an.', now(), NULL)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0009_site_closed_at'),
        ('qualification', '0003_counter_is_the_triggers'),
        ('tenancy', '0001_initial'),
        ('territories', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CapChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('territory', models.CharField(db_index=True, max_length=24)),
                ('cap', models.PositiveIntegerField()),
                ('exceptions', models.PositiveIntegerField()),
                ('extinction', models.PositiveIntegerField()),
                ('qualified', models.PositiveIntegerField()),
                ('computed', models.PositiveIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'changement de plafond',
                'ordering': ('-id',),
                'constraints': [
                    aptic.tenancy.rls.Tenant(append_only=True, name='cap_change_rls'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CapPolicy',
            fields=[
                ('version', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('target_cents', models.BigIntegerField(verbose_name='ce qu’un acteur doit gagner par an')),
                ('at_least', models.PositiveIntegerField(verbose_name='jamais moins de')),
                ('at_most', models.PositiveIntegerField(verbose_name='jamais plus de')),
                ('inhabitants_per_actor', models.PositiveIntegerField(verbose_name='couverture minimale : un acteur pour')),
                ('reason', models.CharField(max_length=300, verbose_name='motif')),
                ('set_at', models.DateTimeField()),
                ('set_by', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'règle des plafonds',
                'ordering': ('-version',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('at_most__gte', models.F('at_least')), ('inhabitants_per_actor__gt', 0), ('target_cents__gt', 0)), name='cap_policy_sound'),
                    aptic.tenancy.rls.Tenant(append_only=True, name='cap_policy_rls', read_if='true'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('application_id', models.UUIDField(unique=True)),
                ('territory', models.CharField(max_length=24)),
                ('rank', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('promoted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('promoted_by', models.UUIDField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
            ],
            options={
                'verbose_name': 'promotion',
                'ordering': ('-id',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), ('rank__gte', 1)), name='promotion_justified'),
                    aptic.tenancy.rls.Tenant(append_only=True, name='promotion_rls'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Round',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('declared_at', models.DateTimeField()),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='territories.commune')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='rounds', to='actors.site')),
            ],
            options={
                'verbose_name': 'tournée',
                'ordering': ('site', 'commune'),
                'constraints': [
                    models.UniqueConstraint(fields=('site', 'commune'), name='one_round_per_commune'),
                    aptic.tenancy.rls.Tenant(name='round_rls', read_if='true', writers=('actor_id',)),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='cap',
            name='cap_respected',
        ),
        migrations.AddField(
            model_name='cap',
            name='extinction',
            field=models.PositiveIntegerField(db_default=0, verbose_name='par extinction'),
        ),
        migrations.AddField(
            model_name='cap',
            name='reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='motif du dernier changement'),
        ),
        migrations.AddConstraint(
            model_name='cap',
            constraint=models.CheckConstraint(condition=models.Q(('qualified__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('cap'), '+', models.F('exceptions')), '+', models.F('extinction')))), name='cap_respected', violation_error_message='Le plafond de ce territoire est atteint.'),
        ),
        migrations.AddConstraint(
            model_name='cap',
            constraint=models.CheckConstraint(condition=models.Q(('extinction', 0), models.Q(('reason', ''), _negated=True), _connector='OR'), name='cap_extinction_justified', violation_error_message='Un plafond inférieur au nombre d’acteurs présents doit être motivé.'),
        ),
        migrations.AddConstraint(
            model_name='cap',
            constraint=models.CheckConstraint(condition=models.Q(('territory__regex', '^(commune|epci|departement|region):')), name='cap_of_a_level'),
        ),
        migrations.RunSQL(COUNT, ROW_BY_ROW),
        migrations.RunSQL(
            EXTINCTION,
            "DROP TRIGGER qualification_extinction ON qualification_cap; DROP FUNCTION qualification_extinction()",
        ),
        migrations.RunSQL(ROUND, "ALTER TABLE qualification_round DROP CONSTRAINT round_of_site"),
        migrations.RunSQL(POLICY, migrations.RunSQL.noop),
    ]
