"""The table of services; serving roles may only read it."""

import django.db.models.deletion
from django.db import migrations, models

READ_ONLY = "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON vocabulary_service FROM aptic_app, aptic_system"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Service",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="nom")),
                ("description", models.CharField(max_length=240, verbose_name="description")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("standard", "Standard national, version 1"),
                            ("first_version", "Standard national, première version"),
                            ("parcours", "Parcours local"),
                        ],
                        max_length=13,
                        verbose_name="origine",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="rang")),
                ("active", models.BooleanField(default=True, verbose_name="proposé")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="children",
                        to="vocabulary.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "service",
                "ordering": ("position", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "standard"), ("parent", None)),
                            models.Q(models.Q(("kind", "standard"), _negated=True), ("parent__isnull", False)),
                            _connector="OR",
                        ),
                        name="service_parent_unless_standard",
                        violation_error_message="Un parcours se rattache à un service du standard national.",
                    )
                ],
            },
        ),
        migrations.RunSQL(READ_ONLY, migrations.RunSQL.noop),
    ]
