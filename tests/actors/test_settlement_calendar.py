"""The operator's calendar: one run per cutoff, whatever the weekday and however often the clock asks."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from actors import tasks
from actors.models import Payout, Settlement
from actors.settlement.owed import next_cutoff
from actors.settlement.prepare import cancel_settlement
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.celery import SCHEDULE
from aptic.documents.models import Document
from aptic.tenancy.principal import acting
from tests.actors.money import OPERATOR, Scheme
from tests.factories import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
WEDNESDAY = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def scheme(db):
    return Scheme()


@pytest.fixture
def owed(scheme, monkeypatch):
    """Lines already owed at the cutoff of the calendar, which is set to the present instant."""
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor(), times=2)
    cutoff = timezone.now()
    monkeypatch.setattr(tasks, "last_cutoff", lambda now, *, weekday: cutoff)
    return scheme


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


def test_no_calendar_no_run(owed, settings):
    settings.SETTLEMENT_WEEKDAY = -1
    assert tasks.prepare_settlement() == ""
    assert next_cutoff(WEDNESDAY) is None


@pytest.mark.parametrize(
    ("weekday", "last", "following"),
    [(0, 23, 30), (2, 25, 2), (3, 19, 26), (6, 22, 29)],
    ids=["monday", "wednesday", "thursday", "sunday"],
)
def test_each_weekday_has_its_cutoff(weekday, last, following, settings):
    settings.SETTLEMENT_WEEKDAY = weekday
    cutoff = timezone.localtime(tasks.last_cutoff(WEDNESDAY, weekday=weekday))
    assert (cutoff.day, cutoff.hour, cutoff.weekday()) == (last, 0, weekday)
    assert next_cutoff(WEDNESDAY).day == following


def test_the_clock_asks_at_least_every_hour(settings):
    entry = SCHEDULE["prepare-settlement"]
    assert entry["task"] == "actors.tasks.prepare_settlement"
    assert entry["schedule"].hour == set(range(24))
    assert entry["schedule"].day_of_week == set(range(7))


def test_an_installation_without_operator_waits(db):
    assert tasks.prepare_settlement() == ""
