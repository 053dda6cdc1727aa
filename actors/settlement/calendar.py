"""The operator's calendar of runs: reading it, preparing what it asks for, changing it."""

import logging
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from actors.calendar_models import SettlementCalendar
from actors.calendar_rules import Calendar, Rhythm
from actors.models import Settlement
from actors.settlement.errors import CalendarBehind, NothingToPay
from actors.settlement.people import cashier
from actors.settlement.prepare import prepare_settlement
from aptic.audit.services import record

logger = logging.getLogger(__name__)


def calendar() -> Calendar:
    """The calendar in force; everybody may read it."""
    return SettlementCalendar.objects.get().in_force


def next_cutoff(now: datetime) -> date | None:
    """The Paris day of the next run of the calendar; None when runs are only made by people."""
    return calendar().next_day(timezone.localdate(now))


def prepare_due(*, at: datetime) -> str:
    """Prepare the run of the calendar's latest day, once; returns its number, empty when there is nothing to do.

    Whoever asks late asks for the day that was missed: it is made up for, once. Raises NotAllowed.
    """
    cutoff = calendar().last_cutoff(at)
    if cutoff is None or Settlement.objects.filter(cutoff=cutoff).exists():
        return ""
    try:
        return prepare_settlement(cutoff=cutoff, at=at).number
    except NothingToPay:
        logger.info("nothing to pay before %s", cutoff)
        return ""


@transaction.atomic
def set_calendar(*, rhythm: str, first_day: date | None, at: datetime | None = None) -> None:
    """Change when runs are prepared, from a day to come on: no run is made up for a day that was not chosen.

    Saying again what is in force changes nothing. Raises NotAllowed and CalendarBehind.
    """
    cashier()
    row = SettlementCalendar.objects.select_for_update(of=("self",)).get()
    today = timezone.localdate(at or timezone.now())
    wanted = Calendar(Rhythm(rhythm), None if rhythm == Rhythm.NEVER else first_day)
    if row.rhythm == wanted.rhythm and row.in_force.next_day(today) == wanted.first_day:
        return
    if wanted.rhythm != Rhythm.NEVER and (first_day is None or first_day <= today):
        raise CalendarBehind(field="first_day")
    changed = tuple(name for name in ("rhythm", "first_day") if getattr(row, name) != getattr(wanted, name))
    SettlementCalendar.objects.filter(pk=row.pk).update(rhythm=wanted.rhythm, first_day=wanted.first_day)
    record(verb="settlement_calendar_set", target=row, fields=changed)
