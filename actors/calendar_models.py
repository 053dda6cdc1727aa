"""When runs are prepared by themselves: the operator's choice, one row for the installation."""

from datetime import date

from django.db import models
from django.db.models import Q

from actors.calendar_rules import Calendar, Rhythm
from aptic.tenancy.rls import Tenant

A_MONDAY = date(2024, 1, 1)


class SettlementCalendar(models.Model):
    """One row: weekly on Mondays until the operator decides otherwise. Actors read it to know when they are paid."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    rhythm = models.CharField("rythme", max_length=12, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    first_day = models.DateField("premier règlement", null=True, default=A_MONDAY)

    objects = models.Manager()

    class Meta:
        verbose_name = "calendrier des règlements"
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_settlement_calendar"),
            models.CheckConstraint(condition=Q(rhythm__in=Rhythm.values), name="settlement_calendar_rhythm"),
            models.CheckConstraint(
                condition=Q(rhythm="never", first_day__isnull=True) | ~Q(rhythm="never") & Q(first_day__isnull=False),
                name="settlement_calendar_begins",
            ),
            Tenant(name="settlement_calendar_rls", read_if="true"),
        )

    def __str__(self) -> str:
        return self.in_force.words

    @property
    def in_force(self) -> Calendar:
        """What the row says, for decisions."""
        return Calendar(Rhythm(self.rhythm), self.first_day)
