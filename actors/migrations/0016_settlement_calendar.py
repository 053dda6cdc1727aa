"""The operator's calendar of runs becomes a row that the operator changes; there is one, and it stays.

An installation that had chosen a weekday by APTIC_SETTLEMENT_WEEKDAY keeps it: the variable is read here, one last time.
"""

from datetime import timedelta
from os import environ

from django.db import migrations, models
from django.db.models import Q

import actors.calendar_models
import aptic.tenancy.rls

ONE = "REVOKE INSERT, DELETE, TRUNCATE ON actors_settlementcalendar FROM aptic_app, aptic_system"


def begin(apps, schema_editor):
    """The only row."""
    weekday = int(environ.get("APTIC_SETTLEMENT_WEEKDAY") or 0)
    first_day = actors.calendar_models.A_MONDAY + timedelta(days=weekday % 7)
    chosen = {"rhythm": "never", "first_day": None} if weekday < 0 else {"rhythm": "weekly", "first_day": first_day}
    apps.get_model("actors", "SettlementCalendar").objects.using(schema_editor.connection.alias).create(id=1, **chosen)


class Migration(migrations.Migration):
    """One table, its row, and who may write it."""

    dependencies = [("actors", "0015_calendar_orders_take_two_people")]
    operations = [
        migrations.CreateModel(
            name="SettlementCalendar",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "rhythm",
                    models.CharField(
                        choices=[
                            ("weekly", "Chaque semaine"),
                            ("fortnightly", "Toutes les deux semaines"),
                            ("monthly", "Chaque mois"),
                            ("never", "Jamais : une personne prépare chaque règlement"),
                        ],
                        default="weekly",
                        max_length=12,
                        verbose_name="rythme",
                    ),
                ),
                (
                    "first_day",
                    models.DateField(
                        default=actors.calendar_models.A_MONDAY, null=True, verbose_name="premier règlement"
                    ),
                ),
            ],
            options={
                "verbose_name": "calendrier des règlements",
                "constraints": [
                    models.CheckConstraint(condition=Q(("id", 1)), name="one_settlement_calendar"),
                    models.CheckConstraint(
                        condition=Q(("rhythm__in", ["weekly", "fortnightly", "monthly", "never"])),
                        name="settlement_calendar_rhythm",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            Q(("first_day__isnull", True), ("rhythm", "never")),
                            Q(Q(("rhythm", "never"), _negated=True), ("first_day__isnull", False)),
                            _connector="OR",
                        ),
                        name="settlement_calendar_begins",
                    ),
                    aptic.tenancy.rls.Tenant(name="settlement_calendar_rls", read_if="true"),
                ],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RunSQL(ONE, migrations.RunSQL.noop),
    ]
