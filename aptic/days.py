"""Days and months as people and addresses name them, inside a century where the next one can always be reckoned."""

from datetime import date, datetime

from django.utils.dateparse import parse_date

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


def within(day: date) -> bool:
    """Is it a day that somebody can mean? The calendar's own ends are not: nothing comes after 31/12/9999."""
    return FIRST <= day <= LAST


def read_day(text: str | None) -> date | None:
    """The day of "2026-11-30"; None for anything else.

    >>> read_day("2026-11-30"), read_day("2026-11-31"), read_day("9999-12-31"), read_day(None)
    (datetime.date(2026, 11, 30), None, None, None)
    """
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found and within(found) else None


def read_month(text: str | None) -> date | None:
    """The first day of "2026-11"; None for anything else.

    >>> read_month("2026-11"), read_month("9999-12"), read_month("2026-13"), read_month("")
    (datetime.date(2026, 11, 1), None, None, None)
    """
    try:
        found = datetime.strptime(text or "", "%Y-%m").date()
    except ValueError:
        return None
    return found if within(found) else None
