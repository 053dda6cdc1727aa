"""The operator's calendar: one run per cutoff, whatever the weekday and however often the clock asks."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.db import ProgrammingError, connection
from django.urls import reverse
from django.utils import timezone

from actors import tasks
from actors.calendar_rules import Calendar, Rhythm
from actors.models import Payout, Settlement
from actors.settlement.calendar import calendar, next_cutoff, set_calendar
from actors.settlement.prepare import cancel_settlement
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.celery import SCHEDULE
from aptic.documents.models import Document
from aptic.errors import NotAllowed
from aptic.french import date as date_fr
from aptic.tenancy.principal import Hat, acting
from tests.actors.money import OPERATOR, Scheme
from tests.factories import make_member, make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
WEDNESDAY = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def scheme(db):
    return Scheme()


@pytest.fixture
def owed(scheme, monkeypatch):
    """Lines owed today, a calendar that begins tomorrow, and a clock that says tomorrow at nine."""
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor(), times=2)
    with acting(scheme.first):
        set_calendar(rhythm=Rhythm.WEEKLY, first_day=tomorrow())
    set_clock(monkeypatch, nine(tomorrow()))
    return scheme


def tomorrow():
    return timezone.localdate() + timedelta(days=1)


def nine(day):
    """Nine o'clock in Paris on that day."""
    return timezone.make_aware(datetime.combine(day, time(9)))


def set_clock(monkeypatch, now):
    monkeypatch.setattr(tasks, "timezone", SimpleNamespace(now=lambda: now))


def runs():
    with acting(OPERATOR):
        return list(Settlement.objects.order_by("created_at"))


def test_the_clock_asks_often_and_gets_one_run(owed):
    number = tasks.prepare_settlement()
    assert [tasks.prepare_settlement() for _ in range(5)] == [""] * 5
    (run,) = runs()
    assert (run.number, run.prepared_by, run.state) == (number, None, Settlement.State.PREPARED)
    with acting(OPERATOR):
        assert Payout.objects.get().gross_cents == 2000


def test_any_one_person_may_then_approve_it_and_another_one_sends_it(owed, client, settings, tmp_path):
    tasks.prepare_settlement()
    (run,) = runs()
    owed.approve(run)
    assert run.approved_by == owed.second.person_id

    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    approver, colleague = make_operator(Role.FINANCE), make_operator(Role.FINANCE)
    with acting(OPERATOR):
        Settlement.objects.update(approved_by=approver.user.pk)
    home = approver.organisation.pk
    page, sent = (reverse(f"operator_settlement{name}", args=[home, run.pk]) for name in ("", "_sent"))
    make = reverse("operator_settlement_file", args=[home, run.pk])

    def refused_to_the_approver(response, words="vous l’avez approuvé"):
        assert response.status_code == 403
        assert words in response.content.decode()

    def nothing_to_do_but_tell_a_colleague():
        words = client.get(page).content.decode()
        assert "une autre personne de l’opérateur prépare l’ordre de virement" in words
        assert not any(act in words for act in ("Marquer comme envoyé", "Préparer l’ordre", "Télécharger l’ordre"))

    approver.log_in(client)
    nothing_to_do_but_tell_a_colleague()
    refused_to_the_approver(client.post(make))
    assert "Préparer l’ordre" in colleague.log_in(client).get(page).content.decode()
    client.post(make)
    (run,) = runs()
    assert run.filed_by == colleague.user.pk
    order = reverse("document", args=[run.bank_file_id])
    approver.log_in(client)
    nothing_to_do_but_tell_a_colleague()
    refused_to_the_approver(client.get(order), "vous avez déjà approuvé ce qu’il contient")
    refused_to_the_approver(client.post(sent))
    words = colleague.log_in(client).get(page).content.decode()
    assert "Marquer comme envoyé" in words
    assert order in words
    assert b"pain.001.001.09" in b"".join(client.get(order))
    with acting(OPERATOR):
        downloads = Event.objects.about(Document.objects.get(pk=run.bank_file_id)).filter(verb="document_downloaded")
        assert [one.person_id for one in downloads] == [colleague.user.pk]
    assert client.post(sent).status_code == 302
    assert [one.state for one in runs()] == [Settlement.State.SENT]
    assert order not in approver.log_in(client).get(page).content.decode()
    refused_to_the_approver(client.get(order), "vous avez déjà approuvé ce qu’il contient")


def test_a_run_that_a_person_gave_up_is_not_prepared_again_behind_their_back(owed):
    tasks.prepare_settlement()
    (run,) = runs()
    with acting(owed.first):
        cancel_settlement(settlement=run)
    assert tasks.prepare_settlement() == ""
    assert len(runs()) == 1


def test_nothing_owed_makes_no_run_and_no_noise(scheme):
    assert tasks.prepare_settlement() == ""
    assert runs() == []


def test_no_calendar_no_run(owed):
    with acting(owed.first):
        set_calendar(rhythm=Rhythm.NEVER, first_day=None)
    assert tasks.prepare_settlement() == ""
    assert next_cutoff(WEDNESDAY) is None


def test_a_day_missed_while_nothing_ran_is_made_up_for_once(owed, monkeypatch):
    set_clock(monkeypatch, nine(tomorrow() + timedelta(days=5)))
    assert tasks.prepare_settlement()
    assert tasks.prepare_settlement() == ""
    (run,) = runs()
    assert timezone.localtime(run.cutoff).date() == tomorrow()
    assert timezone.localtime(run.cutoff).hour == 0


def test_nothing_is_prepared_before_the_first_day(owed, monkeypatch):
    set_clock(monkeypatch, nine(tomorrow() - timedelta(days=1)))
    assert tasks.prepare_settlement() == ""
    assert runs() == []


def test_until_somebody_chooses_it_is_weekly_on_mondays(db):
    assert calendar() == Calendar(Rhythm.WEEKLY, date(2024, 1, 1))
    assert calendar().words == "chaque semaine, le lundi"
    assert next_cutoff(WEDNESDAY) == date(2026, 11, 30)


def test_the_clock_asks_at_least_every_hour(settings):
    entry = SCHEDULE["prepare-settlement"]
    assert entry["task"] == "actors.tasks.prepare_settlement"
    assert entry["schedule"].hour == set(range(24))
    assert entry["schedule"].day_of_week == set(range(7))


def test_finance_changes_it_on_a_page_that_says_the_next_day(client):
    member = make_operator(Role.FINANCE)
    home = member.organisation.pk
    listed, page = reverse("operator_settlements", args=[home]), reverse("operator_settlement_calendar", args=[home])
    member.log_in(client)
    assert "un règlement chaque semaine, le lundi" in client.get(listed).content.decode()
    refused = client.post(page, {"rhythm": "monthly", "first_day": timezone.localdate().isoformat()})
    assert "Choisissez un jour à venir" in refused.content.decode()
    assert "Choisissez un jour à venir" in client.post(page, {"rhythm": "monthly"}).content.decode()
    first_day = timezone.localdate().replace(day=1) + timedelta(days=40)
    answer = client.post(page, {"rhythm": "fortnightly", "first_day": first_day.isoformat()}, follow=True)
    assert "un règlement toutes les deux semaines, le" in answer.content.decode()
    assert date_fr(first_day) in answer.content.decode()
    client.post(page, {"rhythm": "fortnightly", "first_day": first_day.isoformat()})  # again: nothing to say
    with acting(OPERATOR):
        event = Event.objects.get(verb="settlement_calendar_set")
    assert (event.person_id, set(event.fields)) == (member.user.pk, {"rhythm", "first_day"})
    assert "ne prépare aucun règlement" in client.post(page, {"rhythm": "never"}, follow=True).content.decode()
    assert make_operator(Role.AGENT).log_in(client).get(page).status_code == 403


def test_saying_again_what_is_in_force_keeps_the_last_day_of_months(scheme):
    with acting(scheme.first):
        set_calendar(rhythm=Rhythm.MONTHLY, first_day=date(2026, 12, 31), at=WEDNESDAY)
        set_calendar(rhythm=Rhythm.MONTHLY, first_day=date(2027, 2, 28), at=datetime(2027, 2, 5, tzinfo=UTC))
    assert calendar().first_day == date(2026, 12, 31)


def test_neither_the_calendar_nor_an_actor_changes_the_calendar(scheme):
    for principal in (OPERATOR, make_member(scheme.actor(), Hat.ACTOR, Role.MANAGER).principal):
        with acting(principal), pytest.raises(NotAllowed):
            set_calendar(rhythm=Rhythm.NEVER, first_day=None)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("first_day = NULL", "settlement_calendar_begins"),
        ("rhythm = 'never'", "settlement_calendar_begins"),
        ("rhythm = 'daily'", "settlement_calendar_rhythm"),
        ("id = 2", "one_settlement_calendar"),
    ],
)
def test_the_row_makes_sense_whoever_asks(fresh_database, change, constraint):
    with fresh_database.connect("owner") as owner, pytest.raises(psycopg.IntegrityError) as caught:
        owner.execute(f"UPDATE actors_settlementcalendar SET {change}")
    assert caught.value.diag.constraint_name == constraint


def test_there_is_one_calendar_and_it_stays(db):
    for verb in ("INSERT INTO actors_settlementcalendar VALUES (1)", "DELETE FROM actors_settlementcalendar"):
        with pytest.raises(ProgrammingError, match="permission denied"), acting(OPERATOR):
            connection.cursor().execute(verb)


def test_an_installation_without_operator_waits(db):
    assert tasks.prepare_settlement() == ""
