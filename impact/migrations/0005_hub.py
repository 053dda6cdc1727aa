"""What a hub reads of the actors of its territory, by a function that answers to it alone."""

from django.db import migrations, models


# Bounds as in qualification/cap_rules.py, which a test compares; an amount only while its actor's consent lives.
ACTORS = """
CREATE FUNCTION impact_band(earned bigint, alert text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN earned IS NULL THEN '' WHEN alert = 'new' THEN 'new' WHEN earned < 1500000 THEN 'under'
              WHEN earned <= 2500000 THEN 'within' ELSE 'above' END
$$;
CREATE FUNCTION impact_hub_actors()
RETURNS TABLE (actor_id uuid, name varchar, search_key varchar, state varchar, qualified_at timestamptz,
               qualified_until timestamptz, sites int, band text, consented boolean, earned_cents bigint,
               forecast_cents bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH remit AS (
    SELECT id, territory FROM qualification_remit
     WHERE hub_id = nullif(current_setting('aptic.organisation', true), '')::uuid AND closed_at IS NULL
       AND current_setting('aptic.hat', true) = 'hub'
  ), stands AS (
    SELECT s.actor_id, s.id FROM remit JOIN actors_site s ON s.open AND remit.territory = ANY(s.territories)
    UNION
    SELECT s.actor_id, s.id FROM qualification_round r JOIN actors_site s ON s.id = r.site_id AND s.open
     WHERE 'commune:' || r.commune_id IN (
       SELECT key FROM remit CROSS JOIN LATERAL qualification_touching(ARRAY[remit.territory::text]) AS key)
  ), counted AS (SELECT stands.actor_id, count(*)::int AS sites FROM stands GROUP BY 1)
  SELECT a.organisation_id, o.name, o.search_key, a.state, a.qualified_at, a.qualified_until, c.sites,
         impact_band(r.earned_cents, r.alert), k.id IS NOT NULL, CASE WHEN k.id IS NOT NULL THEN r.earned_cents END,
         CASE WHEN k.id IS NOT NULL THEN r.forecast_cents END
    FROM remit CROSS JOIN counted c JOIN actors_actor a ON a.organisation_id = c.actor_id
    JOIN tenancy_organisation o ON o.id = a.organisation_id
    LEFT JOIN impact_actorratio r ON r.actor_id = a.organisation_id
    LEFT JOIN qualification_consent k ON k.remit_id = remit.id AND k.organisation_id = a.organisation_id
                                     AND k.side = 'actor' AND k.withdrawn_at IS NULL
   WHERE a.state <> 'removed'
$$;
CREATE VIEW impact_hubactor AS SELECT * FROM impact_hub_actors();
REVOKE INSERT, UPDATE, DELETE ON impact_hubactor FROM aptic_app, aptic_system
"""
NO_ACTORS = """
DROP VIEW impact_hubactor;
DROP FUNCTION impact_hub_actors();
DROP FUNCTION impact_band(bigint, text)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('impact', '0004_ratio_and_coverage'),
        ('qualification', '0010_hub'),
    ]

    operations = [
        migrations.CreateModel(
            name='HubActor',
            fields=[
                ('actor_id', models.UUIDField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160)),
                ('search_key', models.CharField(max_length=160)),
                ('state', models.CharField(choices=[('qualified', 'Qualifié'), ('suspended', 'Suspendu'), ('removed', 'Sorti du réseau')], max_length=10)),
                ('qualified_at', models.DateTimeField()),
                ('qualified_until', models.DateTimeField(null=True)),
                ('sites', models.IntegerField()),
                ('band', models.CharField(choices=[('', 'pas encore calculé'), ('new', 'trop récent pour le dire'), ('under', 'moins de 15 k€'), ('within', 'de 15 à 25 k€'), ('above', 'plus de 25 k€')], max_length=6)),
                ('consented', models.BooleanField()),
                ('earned_cents', models.BigIntegerField(null=True)),
                ('forecast_cents', models.BigIntegerField(null=True)),
            ],
            options={
                'verbose_name': 'acteur du territoire',
                'db_table': 'impact_hubactor',
                'ordering': ('search_key', 'actor_id'),
                'managed': False,
            },
        ),
        migrations.RunSQL(ACTORS, NO_ACTORS),
    ]
