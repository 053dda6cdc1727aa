"""Versions of the questionnaire, of its weights, of the charter and of the terms; once published they are final."""

import aptic.tenancy.rls
import django.db.models.deletion
import uuid
from django.db import migrations, models

# For everybody, the owner included: what an applicant answered and agreed to is what was published.
FINAL = """
CREATE FUNCTION qualification_published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'a published version is final' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION qualification_weighting_is_final() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM qualification_referential
              WHERE id = OLD.referential_id AND published_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a published version is final' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER referential_final BEFORE UPDATE OR DELETE ON qualification_referential
  FOR EACH ROW EXECUTE FUNCTION qualification_published_is_final();
CREATE TRIGGER legal_text_final BEFORE UPDATE OR DELETE ON qualification_legaltext
  FOR EACH ROW EXECUTE FUNCTION qualification_published_is_final();
CREATE TRIGGER weighting_final BEFORE UPDATE OR DELETE ON qualification_weighting
  FOR EACH ROW EXECUTE FUNCTION qualification_weighting_is_final()
"""
UNFINAL = """
DROP FUNCTION qualification_published_is_final() CASCADE;
DROP FUNCTION qualification_weighting_is_final() CASCADE
"""


class Migration(migrations.Migration):

    dependencies = [
        ('qualification', '0004_nested_caps'),
    ]

    operations = [
        migrations.CreateModel(
            name='Referential',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'En préparation'), ('published', 'Publiée')], default='draft', max_length=9)),
                ('content', models.JSONField(default=dict)),
                ('note', models.CharField(blank=True, max_length=400, verbose_name='ce qui change')),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'référentiel',
                'ordering': ('-number',),
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('state',), name='one_draft_referential'),
                    models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('state', 'draft')), models.Q(('published_at__isnull', False), ('state', 'published')), _connector='OR'), name='referential_published_iff_dated'),
                    aptic.tenancy.rls.Tenant(name='referential_rls', read_if='published_at IS NOT NULL'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LegalText',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('charter', 'Charte'), ('terms', 'Conditions générales')], max_length=8)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('body', models.TextField(max_length=40000, verbose_name='texte')),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'texte d’engagement',
                'ordering': ('kind', '-number'),
                'constraints': [models.UniqueConstraint(fields=('kind', 'number'), name='one_legal_text_per_version'), models.UniqueConstraint(condition=models.Q(('published_at', None)), fields=('kind',), name='one_draft_per_legal_text'), aptic.tenancy.rls.Tenant(name='legal_text_rls', read_if='published_at IS NOT NULL')],
            },
        ),
        migrations.CreateModel(
            name='Weighting',
            fields=[
                ('referential', models.OneToOneField(on_delete=django.db.models.deletion.RESTRICT, primary_key=True, related_name='weighting', serialize=False, to='qualification.referential')),
                ('points', models.JSONField(default=dict)),
                ('pass_mark', models.PositiveSmallIntegerField(default=50, verbose_name='seuil conseillé, en %')),
            ],
            options={
                'verbose_name': 'barème',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('pass_mark__lte', 100)), name='weighting_pass_mark_percent'),
                    aptic.tenancy.rls.Tenant(name='weighting_rls'),
                ],
            },
        ),
        migrations.RunSQL(FINAL, UNFINAL),
    ]
