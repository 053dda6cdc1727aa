"""A place says what the national schema asks; an actor has an end and a way out; a changed account cools off."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.functions.datetime
from django.db import migrations, models

from aptic.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0009_site_closed_at'),
        ('tenancy', '0001_initial'),
        ('territories', '0001_initial'),
    ]

    operations = [Together([
        migrations.AddField(
            model_name='actor',
            name='qualified_until',
            field=models.DateTimeField(null=True, verbose_name='qualifié jusqu’au'),
        ),
        migrations.AddField(
            model_name='actor',
            name='removal_reason',
            field=models.CharField(blank=True, db_default='', max_length=600),
        ),
        migrations.AddField(
            model_name='actor',
            name='removed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='actor',
            name='renewal_reminded',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='bankaccount',
            name='not_before',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='access_modes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('walk_in', 'Se présenter'), ('call', 'Téléphoner'), ('mail', 'Contacter par mail'), ('book', 'Prendre un RDV en ligne'), ('no_public', "Ce lieu n'accueille pas de public"), ('referral', 'Envoyer un mail avec une fiche de prescription')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='modalités d’accès'),
        ),
        migrations.AddField(
            model_name='site',
            name='accessibility_url',
            field=models.URLField(blank=True, db_default='', verbose_name='fiche Acceslibre'),
        ),
        migrations.AddField(
            model_name='site',
            name='address_extra',
            field=models.CharField(blank=True, db_default='', max_length=120, verbose_name='complément d’adresse'),
        ),
        migrations.AddField(
            model_name='site',
            name='booking_url',
            field=models.URLField(blank=True, db_default='', verbose_name='prise de rendez-vous en ligne'),
        ),
        migrations.AddField(
            model_name='site',
            name='described_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='mis à jour le'),
        ),
        migrations.AddField(
            model_name='site',
            name='fees',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('free', 'Gratuit'), ('conditions', 'Gratuit sous condition'), ('paid', 'Payant')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='frais à charge'),
        ),
        migrations.AddField(
            model_name='site',
            name='host_kind',
            field=models.CharField(blank=True, choices=[('', 'Aucune : c’est notre propre lieu'), ('social_centre', 'Centre social ou espace de vie sociale'), ('third_place', 'Tiers-lieu'), ('library', 'Bibliothèque ou médiathèque'), ('town_hall', 'Mairie ou CCAS'), ('france_services', 'Espace France services'), ('school', 'Établissement scolaire ou universitaire'), ('health', 'Établissement de santé ou médico-social'), ('employment', 'Mission locale ou structure d’insertion'), ('association', 'Maison des associations, autre association'), ('other', 'Autre structure')], db_default='', default='', max_length=16, verbose_name='structure d’accueil'),
        ),
        migrations.AddField(
            model_name='site',
            name='host_name',
            field=models.CharField(blank=True, db_default='', max_length=120, verbose_name='nom de cette structure'),
        ),
        migrations.AddField(
            model_name='site',
            name='itinerance',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('fixed', 'Fixe'), ('mobile', 'Itinérant')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='itinérance'),
        ),
        migrations.AddField(
            model_name='site',
            name='mediators',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(500)], verbose_name='personnes qui accompagnent'),
        ),
        migrations.AddField(
            model_name='site',
            name='opening_hours',
            field=models.CharField(blank=True, db_default='', max_length=300, verbose_name='horaires'),
        ),
        migrations.AddField(
            model_name='site',
            name='publics',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('young', 'Jeunes'), ('students', 'Étudiants'), ('families', 'Familles et/ou enfants'), ('seniors', 'Seniors'), ('women', 'Femmes')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='publics spécifiquement adressés'),
        ),
        migrations.AddField(
            model_name='site',
            name='regulated_tariff',
            field=models.BooleanField(db_default=False, default=False, verbose_name='tarifs réglementés'),
        ),
        migrations.AddField(
            model_name='site',
            name='special_care',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('deafness', 'Surdité'), ('motor', 'Handicaps moteurs'), ('mental', 'Handicaps mentaux'), ('illiteracy', 'Illettrisme'), ('english', 'Langues étrangères (anglais)'), ('languages', 'Langues étrangères (autres)'), ('sight', 'Déficience visuelle')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='prise en charge spécifique'),
        ),
        migrations.AddField(
            model_name='site',
            name='summary',
            field=models.CharField(blank=True, db_default='', max_length=280, verbose_name='présentation'),
        ),
        migrations.AddField(
            model_name='site',
            name='support_modes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('alone', 'En autonomie'), ('one_to_one', 'Accompagnement individuel'), ('workshop', 'Dans un atelier collectif'), ('remote', 'À distance')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='modalités d’accompagnement'),
        ),
        migrations.AddField(
            model_name='site',
            name='website',
            field=models.URLField(blank=True, db_default='', verbose_name='site internet'),
        ),
        migrations.AlterField(
            model_name='site',
            name='hours',
            field=models.CharField(blank=True, max_length=200, verbose_name='précisions sur les horaires'),
        ),
        migrations.AddConstraint(
            model_name='actor',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', False), ('state', 'removed'), models.Q(('removal_reason', ''), _negated=True)), models.Q(models.Q(('state', 'removed'), _negated=True), ('removal_reason', ''), ('removed_at__isnull', True)), _connector='OR'), name='actor_removed_for_a_reason', violation_error_message='La sortie du réseau doit être motivée.'),
        ),
        migrations.AddConstraint(
            model_name='bankaccount',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at__isnull', True), ('not_before__isnull', True), ('approved_at__gte', models.F('not_before')), _connector='OR'), name='bank_account_cooled_off', violation_error_message='Ce changement de compte attend encore la fin de son délai.'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False), ('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), _connector='OR'), name='site_on_earth', violation_error_message='Écrivez une latitude et une longitude.'),
        ),
    ])]
