"""The geography's tables; serving roles may only read them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

READ_ONLY = """
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON territories_region, territories_departement, territories_epci,
  territories_commune, territories_searchterm FROM aptic_app, aptic_system
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Epci",
            fields=[
                ("siren", models.CharField(max_length=9, primary_key=True, serialize=False, verbose_name="SIREN")),
                ("name", models.CharField(max_length=100, verbose_name="nom")),
                ("search_key", models.CharField(editable=False, max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CC", "Communauté de communes"),
                            ("CA", "Communauté d’agglomération"),
                            ("CU", "Communauté urbaine"),
                            ("METRO", "Métropole"),
                            ("MET69", "Métropole de Lyon"),
                        ],
                        max_length=5,
                        verbose_name="nature",
                    ),
                ),
                ("population", models.PositiveIntegerField(help_text="Somme de ses communes, en habitants.")),
            ],
            options={
                "verbose_name": "EPCI",
                "ordering": ("search_key", "siren"),
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
            ],
            options={
                "verbose_name": "région",
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="Departement",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, to="territories.region")),
            ],
            options={
                "verbose_name": "département",
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="Commune",
            fields=[
                ("code", models.CharField(max_length=5, primary_key=True, serialize=False, verbose_name="code INSEE")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                ("search_key", models.CharField(editable=False, max_length=60)),
                ("population", models.PositiveIntegerField(help_text="Population municipale, en habitants.")),
                ("latitude", models.FloatField(blank=True, help_text="Degrés, WGS 84.", null=True)),
                ("longitude", models.FloatField(blank=True, help_text="Degrés, WGS 84.", null=True)),
                (
                    "postcodes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=5), blank=True, default=list, size=None
                    ),
                ),
                (
                    "departement",
                    models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, to="territories.departement"),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to="territories.epci"
                    ),
                ),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, to="territories.region")),
            ],
            options={
                "verbose_name": "commune",
                "ordering": ("search_key", "code"),
            },
        ),
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.CharField(max_length=70)),
                (
                    "commune",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="territories.commune",
                    ),
                ),
            ],
            options={
                "verbose_name": "terme de recherche",
                "ordering": ("term", "commune_id"),
            },
        ),
        migrations.AddIndex(
            model_name="commune",
            index=models.Index(fields=["search_key"], name="commune_search_key", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="commune",
            index=django.contrib.postgres.indexes.GinIndex(fields=["postcodes"], name="commune_postcodes"),
        ),
        migrations.AddConstraint(
            model_name="commune",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(("latitude__isnull", False), ("latitude__range", (-90, 90)), ("longitude__isnull", False), ("longitude__range", (-180, 180))),
                    _connector="OR",
                ),
                name="commune_point_whole",
                violation_error_message="Un point a une latitude et une longitude.",
            ),
        ),
        migrations.AddIndex(
            model_name="searchterm",
            index=models.Index(fields=["term"], name="territories_term", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddConstraint(
            model_name="searchterm",
            constraint=models.UniqueConstraint(fields=("commune", "term"), name="one_term_per_commune"),
        ),
        migrations.RunSQL(READ_ONLY, migrations.RunSQL.noop),
    ]
