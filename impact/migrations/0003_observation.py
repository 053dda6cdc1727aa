"""What counters observed of the help they gave."""

import aptic.tenancy.rls
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table. An observation is corrected, never taken away."""

    dependencies = [
        ('actors', '0009_site_closed_at'),
        ('impact', '0002_trace'),
        ('passes', '0008_sessions'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('redemption', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='observation', serialize=False, to='passes.redemption')),
                ('batch_id', models.IntegerField()),
                ('first_here', models.CharField(blank=True, choices=[('yes', 'Oui'), ('no', 'Non'), ('unsaid', 'Ne souhaite pas répondre')], max_length=6, verbose_name='Première fois dans ce lieu')),
                ('never_helped', models.CharField(blank=True, choices=[('yes', 'Oui'), ('no', 'Non'), ('unsaid', 'Ne souhaite pas répondre')], max_length=6, verbose_name='Toute première aide avec le numérique')),
                ('before', models.CharField(blank=True, choices=[('helped', 'Ne sait pas faire'), ('guided', 'Fait avec de l’aide'), ('alone', 'Fait sans aide'), ('unsaid', 'Ne souhaite pas répondre')], max_length=6, verbose_name='Avant l’aide')),
                ('after', models.CharField(blank=True, choices=[('helped', 'Ne sait pas faire'), ('guided', 'Fait avec de l’aide'), ('alone', 'Fait sans aide'), ('unsaid', 'Ne souhaite pas répondre')], max_length=6, verbose_name='Après l’aide')),
                ('referred', models.CharField(blank=True, choices=[('yes', 'Oui'), ('no', 'Non'), ('unsaid', 'Ne souhaite pas répondre')], max_length=6, verbose_name='Une autre structure lui a été conseillée')),
                ('observed_at', models.DateTimeField()),
                ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('funder', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='tenancy.organisation')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='actors.site')),
            ],
            options={
                'verbose_name': 'observation',
                'ordering': ('-observed_at', 'redemption_id'),
                'indexes': [models.Index(fields=['batch_id'], name='observation_batch')],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_here__in', ['', 'yes', 'no', 'unsaid'])), name='observation_first_here_known'), models.CheckConstraint(condition=models.Q(('never_helped__in', ['', 'yes', 'no', 'unsaid'])), name='observation_never_helped_known'), models.CheckConstraint(condition=models.Q(('before__in', ['', 'helped', 'guided', 'alone', 'unsaid'])), name='observation_before_known'), models.CheckConstraint(condition=models.Q(('after__in', ['', 'helped', 'guided', 'alone', 'unsaid'])), name='observation_after_known'), models.CheckConstraint(condition=models.Q(('referred__in', ['', 'yes', 'no', 'unsaid'])), name='observation_referred_known'), models.CheckConstraint(condition=models.Q(('after', ''), ('before', ''), ('first_here', ''), ('never_helped', ''), ('referred', ''), _negated=True), name='observation_says_something'), aptic.tenancy.rls.Tenant(name='observation_rls', readers=('funder_id', 'actor_id'), write_if='actor_id = {organisation} AND site_id = {site}')],
            },
        ),
        migrations.RunSQL(
            "REVOKE DELETE ON impact_observation FROM aptic_app, aptic_system", migrations.RunSQL.noop
        ),
    ]
