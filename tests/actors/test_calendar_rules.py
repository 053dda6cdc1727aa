"""The days of the operator's calendar, with a given clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.calendar_rules import Calendar, Rhythm

BEGINS = [Rhythm.WEEKLY, Rhythm.FORTNIGHTLY, Rhythm.MONTHLY]
days = st.dates(date(2024, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("calendar", "today", "last", "following"),
    [
        (Calendar(Rhythm.WEEKLY, date(2024, 1, 1)), date(2026, 11, 25), date(2026, 11, 23), date(2026, 11, 30)),
        (Calendar(Rhythm.WEEKLY, date(2024, 1, 1)), date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 30)),
        (Calendar(Rhythm.WEEKLY, date(2024, 1, 4)), date(2026, 11, 25), date(2026, 11, 19), date(2026, 11, 26)),
        (Calendar(Rhythm.FORTNIGHTLY, date(2026, 11, 2)), date(2026, 11, 25), date(2026, 11, 16), date(2026, 11, 30)),
        (Calendar(Rhythm.FORTNIGHTLY, date(2026, 12, 7)), date(2026, 11, 25), None, date(2026, 12, 7)),
        (Calendar(Rhythm.MONTHLY, date(2026, 1, 15)), date(2026, 11, 25), date(2026, 11, 15), date(2026, 12, 15)),
        (Calendar(Rhythm.MONTHLY, date(2026, 1, 31)), date(2027, 2, 27), date(2027, 1, 31), date(2027, 2, 28)),
        (Calendar(Rhythm.MONTHLY, date(2026, 1, 31)), date(2027, 2, 28), date(2027, 2, 28), date(2027, 3, 31)),
        (Calendar(Rhythm.MONTHLY, date(2026, 1, 31)), date(2028, 2, 29), date(2028, 2, 29), date(2028, 3, 31)),
        (Calendar(Rhythm.MONTHLY, date(2026, 12, 5)), date(2027, 1, 4), date(2026, 12, 5), date(2027, 1, 5)),
        (Calendar(Rhythm.NEVER), date(2026, 11, 25), None, None),
    ],
)
def test_the_day_that_has_come_and_the_next(calendar, today, last, following):
    assert (calendar.last_day(today), calendar.next_day(today)) == (last, following)


@given(rhythm=st.sampled_from(BEGINS), first_day=days, today=days)
def test_today_lies_between_two_days_that_follow_each_other(rhythm, first_day, today):
    calendar = Calendar(rhythm, first_day)
    last, following = calendar.last_day(today), calendar.next_day(today)
    assert following > today or following == first_day
    if last is None:
        assert today < first_day == following
        return
    assert first_day <= last <= today < following
    assert calendar.next_day(last) == following
    assert calendar.last_day(following - timedelta(days=1)) == last
    assert calendar.last_day(following) == following


@pytest.mark.parametrize(
    ("now", "cutoff"),
    [
        # Midnight in Paris is 23 h in UTC in winter, 22 h in summer.
        (datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC)),
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), datetime(2026, 11, 15, 23, tzinfo=UTC)),
        (datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC)),
        (datetime(2027, 3, 30, 10, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)),  # the clocks changed on Sunday
    ],
)
def test_a_day_begins_at_midnight_in_paris(now, cutoff):
    assert Calendar(Rhythm.WEEKLY, date(2024, 1, 1)).last_cutoff(now) == cutoff


def test_no_cutoff_before_the_first_day_or_without_one():
    now = datetime(2026, 11, 25, 10, tzinfo=UTC)
    assert Calendar(Rhythm.MONTHLY, date(2026, 11, 26)).last_cutoff(now) is None
    assert Calendar(Rhythm.NEVER).last_cutoff(now) is None


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (Calendar(Rhythm.WEEKLY, date(2026, 11, 30)), "chaque semaine, le lundi"),
        (Calendar(Rhythm.FORTNIGHTLY, date(2026, 11, 27)), "toutes les deux semaines, le vendredi"),
        (Calendar(Rhythm.MONTHLY, date(2026, 12, 1)), "chaque mois, le\xa01er"),
        (
            Calendar(Rhythm.MONTHLY, date(2026, 12, 31)),
            "chaque mois, le\xa031, ou le dernier jour d’un mois plus court",
        ),
        (Calendar(Rhythm.NEVER), "jamais"),
    ],
)
def test_it_is_said_in_words(calendar, words):
    assert calendar.words == words
