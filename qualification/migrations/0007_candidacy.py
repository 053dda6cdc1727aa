"""An application is begun, resumed, sent, answered: its parts have tables of their own. Places move in 0008."""

import aptic.tenancy.rls
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid
from django.db import migrations, models

from aptic.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('qualification', '0006_first_referential'),
        ('tenancy', '0001_initial'),
        ('territories', '0001_initial'),
    ]

    operations = [Together([
        migrations.RemoveConstraint(
            model_name='application',
            name='one_live_application_per_siret',
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='application_decided_iff_dated',
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='application_rls',
        ),
        migrations.AddField(
            model_name='application',
            name='account_holder',
            field=models.CharField(blank=True, max_length=70, verbose_name='titulaire du compte'),
        ),
        migrations.AddField(
            model_name='application',
            name='address',
            field=models.CharField(blank=True, max_length=200, verbose_name='adresse du siège'),
        ),
        migrations.AddField(
            model_name='application',
            name='answers',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='application',
            name='assigned_to',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='application',
            name='begun_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='application',
            name='bic',
            field=models.CharField(blank=True, max_length=11),
        ),
        migrations.AddField(
            model_name='application',
            name='charges_vat',
            field=models.BooleanField(default=False, verbose_name='assujettie à la TVA'),
        ),
        migrations.AddField(
            model_name='application',
            name='contact_role',
            field=models.CharField(blank=True, max_length=120, verbose_name='votre fonction'),
        ),
        migrations.AddField(
            model_name='application',
            name='iban_last4',
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.AddField(
            model_name='application',
            name='iban_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='application',
            name='kind',
            field=models.CharField(choices=[('first', 'Première candidature'), ('renewal', 'Renouvellement')], default='first', max_length=7),
        ),
        migrations.AddField(
            model_name='application',
            name='legal_status',
            field=models.CharField(blank=True, choices=[('association', 'Association'), ('company', 'Entreprise'), ('cooperative', 'Coopérative (SCOP, SCIC…)'), ('public', 'Collectivité ou établissement public'), ('self_employed', 'Indépendante ou indépendant'), ('other', 'Autre (fondation, mutuelle, syndicat…)')], max_length=16, verbose_name='statut juridique'),
        ),
        migrations.AddField(
            model_name='application',
            name='mandated',
            field=models.BooleanField(default=False, verbose_name='mandat de l’organisation'),
        ),
        migrations.AddField(
            model_name='application',
            name='referential',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='qualification.referential'),
        ),
        migrations.AddField(
            model_name='application',
            name='representative_email',
            field=models.EmailField(blank=True, max_length=254, verbose_name='son adresse électronique'),
        ),
        migrations.AddField(
            model_name='application',
            name='representative_name',
            field=models.CharField(blank=True, max_length=120, verbose_name='représentant légal'),
        ),
        migrations.AddField(
            model_name='application',
            name='representative_role',
            field=models.CharField(blank=True, max_length=120, verbose_name='sa fonction'),
        ),
        migrations.AddField(
            model_name='application',
            name='takeover_reason',
            field=models.TextField(blank=True, max_length=600, verbose_name='ce qui s’est passé'),
        ),
        migrations.AddField(
            model_name='application',
            name='takes_over',
            field=models.BooleanField(default=False, verbose_name='reprend le SIRET d’un prédécesseur'),
        ),
        migrations.AddField(
            model_name='application',
            name='website',
            field=models.URLField(blank=True, verbose_name='site internet'),
        ),
        migrations.AlterField(
            model_name='application',
            name='commune',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='territories.commune'),
        ),
        migrations.AlterField(
            model_name='application',
            name='organisation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='applications', to='tenancy.organisation'),
        ),
        migrations.AlterField(
            model_name='application',
            name='phone',
            field=models.CharField(blank=True, max_length=20, verbose_name='téléphone'),
        ),
        migrations.AlterField(
            model_name='application',
            name='site_name',
            field=models.CharField(blank=True, max_length=120, verbose_name='lieu principal'),
        ),
        migrations.AlterField(
            model_name='application',
            name='state',
            field=models.CharField(choices=[('draft', 'En cours de saisie'), ('submitted', 'À étudier'), ('correction', 'À compléter'), ('waiting', 'Sur liste d’attente'), ('accepted', 'Acceptée'), ('refused', 'Refusée'), ('withdrawn', 'Abandonnée'), ('replaced', 'Remplacée')], default='draft', max_length=10),
        ),
        migrations.AlterField(
            model_name='application',
            name='submitted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'first'), ('state__in', ['submitted', 'correction', 'waiting']), ('takes_over', False)), fields=('siret',), name='one_live_application_per_siret', violation_error_message='Une candidature est déjà enregistrée pour ce SIRET.'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'first'), ('state__in', ['submitted', 'correction', 'waiting']), ('takes_over', True)), fields=('siret',), name='one_live_takeover_per_siret', violation_error_message='Une reprise est déjà demandée pour ce SIRET.'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'renewal'), ('state__in', ['draft', 'submitted', 'correction'])), fields=('organisation',), name='one_live_renewal_per_actor', violation_error_message='Un renouvellement est déjà en cours.'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state__in', ['draft', 'submitted', 'correction', 'withdrawn'])), models.Q(('decided_at__isnull', False), ('state__in', ['waiting', 'accepted', 'refused', 'replaced'])), _connector='OR'), name='application_decided_iff_dated'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'draft'), ('submitted_at__isnull', True)), ('state', 'withdrawn'), models.Q(models.Q(('state__in', ['draft', 'withdrawn']), _negated=True), ('commune__isnull', False), ('submitted_at__isnull', False)), _connector='OR'), name='application_sent_with_a_place'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'renewal'), _negated=True), ('organisation__isnull', False), _connector='OR'), name='application_renewal_is_actors'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('iban_last4', ''), ('iban_sealed__isnull', True)), models.Q(('iban_sealed__isnull', False), models.Q(('iban_last4', ''), _negated=True)), _connector='OR'), name='application_iban_sealed'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=aptic.tenancy.rls.Tenant(insert_if="state = 'draft' AND (organisation_id IS NULL OR organisation_id = {organisation})", name='application_rls', read_if='id = {link}', readers=('organisation_id',), write_if='id = {link}'),
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('accepted_at', models.DateTimeField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='acceptances', to='qualification.application')),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='qualification.legaltext')),
            ],
            options={
                'verbose_name': 'acceptation',
                'ordering': ('accepted_at', 'id'),
                'constraints': [
                    models.UniqueConstraint(fields=('application', 'text'), name='one_acceptance_per_text'),
                    aptic.tenancy.rls.Tenant(append_only=True, insert_if='application_id = {link}', name='acceptance_rls', read_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(max_length=2000, verbose_name='pourquoi revoir cette réponse')),
                ('lodged_at', models.DateTimeField()),
                ('refused_by', models.UUIDField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('granted', models.BooleanField(null=True)),
                ('answer', models.TextField(blank=True, max_length=1000, verbose_name='réponse')),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, related_name='appeal', to='qualification.application')),
            ],
            options={
                'verbose_name': 'recours',
                'ordering': ('lodged_at', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), ('refused_by__isnull', True), models.Q(('decided_by', models.F('refused_by')), _negated=True), _connector='OR'), name='appeal_second_person', violation_error_message='Une autre personne doit examiner ce recours.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('decided_at__isnull', True), ('granted__isnull', True)), models.Q(('decided_at__isnull', False), ('granted__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='appeal_answered_with_a_reason'),
                    aptic.tenancy.rls.Tenant(insert_if='application_id = {link} AND decided_at IS NULL', name='appeal_rls', read_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ApplicationDocument',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('statutes', 'Statuts signés'), ('receipt', 'Récépissé de déclaration ou parution au Journal officiel'), ('registration', 'Extrait Kbis ou avis de situation Insee de moins de trois mois'), ('deliberation', 'Délibération ou décision qui autorise la demande'), ('insurance', 'Attestation d’assurance responsabilité civile'), ('bank', 'Relevé d’identité bancaire'), ('mandate', 'Pouvoir donné à qui candidate'), ('other', 'Autre pièce')], max_length=12, verbose_name='pièce')),
                ('filename', models.CharField(max_length=160)),
                ('media_type', models.CharField(max_length=40)),
                ('storage_name', models.CharField(editable=False, max_length=200, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('expires_on', models.DateField(null=True, verbose_name='valable jusqu’au')),
                ('uploaded_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='documents', to='qualification.application')),
            ],
            options={
                'verbose_name': 'pièce',
                'ordering': ('kind', '-uploaded_at', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='application_document_not_empty'),
                    aptic.tenancy.rls.Tenant(name='application_document_rls', read_if='application_id = {link}', write_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ApplicationSite',
            fields=[
                ('name', models.CharField(max_length=120, verbose_name='nom du lieu')),
                ('address', models.CharField(max_length=200, verbose_name='adresse')),
                ('address_extra', models.CharField(blank=True, db_default='', max_length=120, verbose_name='complément d’adresse')),
                ('latitude', models.FloatField(blank=True, null=True)),
                ('longitude', models.FloatField(blank=True, null=True)),
                ('phone', models.CharField(max_length=20, verbose_name='téléphone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse électronique')),
                ('website', models.URLField(blank=True, db_default='', verbose_name='site internet')),
                ('booking_url', models.URLField(blank=True, db_default='', verbose_name='prise de rendez-vous en ligne')),
                ('accessibility_url', models.URLField(blank=True, db_default='', verbose_name='fiche Acceslibre')),
                ('opening_hours', models.CharField(blank=True, db_default='', max_length=300, verbose_name='horaires')),
                ('hours', models.CharField(blank=True, max_length=200, verbose_name='précisions sur les horaires')),
                ('summary', models.CharField(blank=True, db_default='', max_length=280, verbose_name='présentation')),
                ('services', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('publics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('young', 'Jeunes'), ('students', 'Étudiants'), ('families', 'Familles et/ou enfants'), ('seniors', 'Seniors'), ('women', 'Femmes')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='publics spécifiquement adressés')),
                ('special_care', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('deafness', 'Surdité'), ('motor', 'Handicaps moteurs'), ('mental', 'Handicaps mentaux'), ('illiteracy', 'Illettrisme'), ('english', 'Langues étrangères (anglais)'), ('languages', 'Langues étrangères (autres)'), ('sight', 'Déficience visuelle')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='prise en charge spécifique')),
                ('fees', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('free', 'Gratuit'), ('conditions', 'Gratuit sous condition'), ('paid', 'Payant')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='frais à charge')),
                ('access_modes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('walk_in', 'Se présenter'), ('call', 'Téléphoner'), ('mail', 'Contacter par mail'), ('book', 'Prendre un RDV en ligne'), ('no_public', "Ce lieu n'accueille pas de public"), ('referral', 'Envoyer un mail avec une fiche de prescription')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='modalités d’accès')),
                ('support_modes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('alone', 'En autonomie'), ('one_to_one', 'Accompagnement individuel'), ('workshop', 'Dans un atelier collectif'), ('remote', 'À distance')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='modalités d’accompagnement')),
                ('itinerance', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('fixed', 'Fixe'), ('mobile', 'Itinérant')], max_length=16), blank=True, db_default=[], default=list, size=None, verbose_name='itinérance')),
                ('regulated_tariff', models.BooleanField(db_default=False, default=False, verbose_name='tarifs réglementés')),
                ('mediators', models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(500)], verbose_name='personnes qui accompagnent')),
                ('host_kind', models.CharField(blank=True, choices=[('', 'Aucune : c’est notre propre lieu'), ('social_centre', 'Centre social ou espace de vie sociale'), ('third_place', 'Tiers-lieu'), ('library', 'Bibliothèque ou médiathèque'), ('town_hall', 'Mairie ou CCAS'), ('france_services', 'Espace France services'), ('school', 'Établissement scolaire ou universitaire'), ('health', 'Établissement de santé ou médico-social'), ('employment', 'Mission locale ou structure d’insertion'), ('association', 'Maison des associations, autre association'), ('other', 'Autre structure')], db_default='', default='', max_length=16, verbose_name='structure d’accueil')),
                ('host_name', models.CharField(blank=True, db_default='', max_length=120, verbose_name='nom de cette structure')),
                ('described_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='mis à jour le')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='sites', to='qualification.application')),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='territories.commune')),
            ],
            options={
                'verbose_name': 'lieu proposé',
                'ordering': ('position', 'id'),
                'abstract': False,
                'constraints': [
                    models.UniqueConstraint(fields=('application', 'position'), name='one_site_per_position'),
                    models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False), ('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), _connector='OR'), name='application_site_on_earth', violation_error_message='Écrivez une latitude et une longitude.'),
                    aptic.tenancy.rls.Tenant(name='application_site_rls', read_if='application_id = {link}', write_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verb', models.CharField(choices=[('correction', 'À compléter'), ('waiting', 'Sur liste d’attente'), ('accepted', 'Acceptée'), ('refused', 'Refusée'), ('replaced', 'Remplacée'), ('reopened', 'Réexaminée')], max_length=10)),
                ('reason', models.TextField(blank=True, max_length=1000)),
                ('points', models.IntegerField(null=True)),
                ('maximum', models.IntegerField(null=True)),
                ('submitted_at', models.DateTimeField()),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='decisions', to='qualification.application')),
            ],
            options={
                'verbose_name': 'réponse',
                'ordering': ('decided_at', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('verb__in', ['correction', 'waiting', 'refused', 'replaced']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='decision_with_its_reason', violation_error_message='Cette réponse doit être motivée.'),
                    aptic.tenancy.rls.Tenant(append_only=True, name='decision_rls', read_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RegisterCheck',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('siret', models.CharField(max_length=14)),
                ('outcome', models.CharField(choices=[('active', 'En activité'), ('closed', 'Fermé'), ('not_public', 'Non diffusible'), ('unknown', 'Inconnu du registre'), ('away', 'Registre indisponible')], max_length=10)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('address', models.CharField(blank=True, max_length=240)),
                ('head_office', models.BooleanField(null=True)),
                ('legal_code', models.CharField(blank=True, max_length=8, verbose_name='nature juridique')),
                ('asked_at', models.DateTimeField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='checks', to='qualification.application')),
            ],
            options={
                'verbose_name': 'vérification au registre',
                'ordering': ('-asked_at', 'id'),
                'constraints': [
                    aptic.tenancy.rls.Tenant(append_only=True, name='register_check_rls', read_if='application_id = {link}'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('field', models.CharField(max_length=60)),
                ('text', models.CharField(max_length=600)),
                ('made_by', models.UUIDField(null=True)),
                ('made_at', models.DateTimeField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='remarks', to='qualification.application')),
            ],
            options={
                'verbose_name': 'remarque',
                'ordering': ('made_at', 'id'),
                'constraints': [
                    aptic.tenancy.rls.Tenant(name='remark_rls', read_if='application_id = {link}'),
                ],
            },
        ),
    ])]
