"""The operator's calendar of runs, without a database: its days, and the words for them.

A first day and a rhythm say everything: the weekday, which of two weeks, or the day of the month. A run of the calendar
pays what was owed at midnight, in Paris, at the beginning of its day.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils import timezone

from aptic.french import NBSP, WEEKDAYS


class Rhythm(TextChoices):
    """How often the calendar prepares a run."""

    WEEKLY = "weekly", "Chaque semaine"
    FORTNIGHTLY = "fortnightly", "Toutes les deux semaines"
    MONTHLY = "monthly", "Chaque mois"
    NEVER = "never", "Jamais : une personne prépare chaque règlement"


DAYS = {Rhythm.WEEKLY: 7, Rhythm.FORTNIGHTLY: 14}
SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Calendar:
    """A rhythm and its first day, which is None when the rhythm is never."""

    rhythm: Rhythm
    first_day: date | None = None

    def last_day(self, today: date) -> date | None:
        """The latest of its days that has come, today included; None before the first, or never."""
        if self.first_day is None or today < self.first_day:
            return None
        return _day(self.rhythm, self.first_day, _rank(self.rhythm, self.first_day, today))

    def next_day(self, today: date) -> date | None:
        """The first of its days after today; None when there is none."""
        if self.first_day is None or today < self.first_day:
            return self.first_day
        return _day(self.rhythm, self.first_day, _rank(self.rhythm, self.first_day, today) + 1)

    def last_cutoff(self, now: datetime) -> datetime | None:
        """The instant at which its latest day began in Paris: whoever asks late finds the day that was missed."""
        day = self.last_day(timezone.localdate(now))
        return None if day is None else timezone.make_aware(datetime.combine(day, datetime.min.time()))

    @property
    def words(self) -> str:
        """« chaque semaine, le lundi »."""
        if self.first_day is None:
            return "jamais"
        if self.rhythm != Rhythm.MONTHLY:
            return f"{self.rhythm.label.lower()}, le {WEEKDAYS[self.first_day.weekday()]}"
        day = "1er" if self.first_day.day == 1 else str(self.first_day.day)
        shorter = ", ou le dernier jour d’un mois plus court" if self.first_day.day > SHORTEST_MONTH else ""
        return f"chaque mois, le{NBSP}{day}{shorter}"


def _rank(rhythm: Rhythm, first_day: date, today: date) -> int:
    """How many of its days have come since the first."""
    if rhythm != Rhythm.MONTHLY:
        return (today - first_day).days // DAYS[rhythm]
    months = (today.year - first_day.year) * 12 + today.month - first_day.month
    return months if _day(rhythm, first_day, months) <= today else months - 1


def _day(rhythm: Rhythm, first_day: date, rank: int) -> date:
    """The day of that rank; a month without the first day's number gives its last day."""
    if rhythm != Rhythm.MONTHLY:
        return first_day + timedelta(days=DAYS[rhythm] * rank)
    years, month = divmod(first_day.month - 1 + rank, 12)
    year = first_day.year + years
    return date(year, month + 1, min(first_day.day, monthrange(year, month + 1)[1]))
