"""Delivering: at least once, tried again later and later, handed to a person in the end, never by two at once."""

import smtplib
import socket
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from aptic.audit.models import Event
from aptic.outbox import delivery, registry
from aptic.outbox.delivery import deliver_due, deliver_one
from aptic.outbox.models import Message
from aptic.outbox.registry import Undeliverable, handles
from aptic.outbox.rules import FIRST_DELAY, GIVE_UP_AFTER, LONGEST_DELAY, delay
from aptic.outbox.services import post, post_message
from aptic.tenancy.principal import Principal, acting, current
from tests.factories import OPERATOR, Member, make_funder, make_operator

pytestmark = pytest.mark.pg15


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A kind of message whose handler notes its calls, and does what `outcome` says."""
    calls: list[Any] = []
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))

    @handles("tests.noted")
    def note(message: Message) -> None:
        calls.append(message.pk)
        if outcome := message.payload.get("outcome"):
            raise {"busy": OSError("no route"), "useless": Undeliverable("nobody there")}[outcome]

    return calls


@pytest.fixture
def funder(db: None) -> Member:
    member = make_funder()
    with acting(OPERATOR):
        Message.objects.all().delete()
    return member


def noted(member: Member, outcome: str = "", at: datetime | None = None) -> Message:
    with acting(member.principal):
        return post(kind="tests.noted", payload={"outcome": outcome}, at=at)


def again(message: Message) -> Message:
    with acting(OPERATOR):
        return Message.objects.get(pk=message.pk)


def test_delays_double_up_to_a_quarter_of_a_day():
    assert delay(1) == FIRST_DELAY
    assert [delay(n + 1) / delay(n) for n in range(1, 9)] == [2] * 8
    assert delay(40) == LONGEST_DELAY


def test_a_message_is_delivered_once(funder, tried):
    message = noted(funder)
    assert deliver_one(message.pk)
    assert not deliver_one(message.pk)
    assert deliver_due() == 0
    assert tried == [message.pk]
    assert again(message).done_at


def test_a_handler_runs_as_nobody_and_knows_who_posted(funder, tried, monkeypatch):
    seen = []

    @handles("tests.who")
    def who(message: Message) -> None:
        seen.append((current(), message.sender))

    with acting(funder.principal):
        message = post(kind="tests.who", payload={})
    deliver_one(message.pk)
    ((outside, sender),) = seen
    assert outside == Principal()
    assert sender == funder.principal


def test_a_failure_is_tried_again_later_and_later_then_handed_to_a_person(funder, tried):
    message, now = noted(funder, "busy"), timezone.now()
    waits = []
    for _ in range(GIVE_UP_AFTER):
        assert not deliver_one(message.pk, at=now)
        due = again(message).due_at
        waits.append(due - now)
        assert not deliver_one(message.pk, at=due - timedelta(seconds=1))  # not before its time
        now = due
    assert waits == [delay(n) for n in range(1, GIVE_UP_AFTER + 1)]
    assert len(tried) == GIVE_UP_AFTER
    last = again(message)
    assert last.failed_at
    assert last.last_error == "OSError: no route"
    assert not deliver_one(message.pk, at=now + timedelta(days=9))
    with acting(funder.principal):
        assert Event.objects.about(message).get().verb == "message_given_up"


def test_what_is_useless_is_given_up_at_once(funder, tried):
    message = noted(funder, "useless")
    deliver_one(message.pk)
    assert again(message).failed_at
    assert tried == [message.pk]


def test_a_kind_that_this_worker_does_not_know_waits_for_a_newer_one(funder):
    with acting(funder.principal):
        message = post(kind="tests.of_tomorrow", payload={})
    assert not deliver_one(message.pk)
    assert not again(message).failed_at


def test_one_failure_does_not_hold_the_others_up(funder, tried):
    made = [noted(funder, outcome) for outcome in ("", "busy", "", "useless", "")]
    assert deliver_due() == 3
    assert set(tried) == {message.pk for message in made}


def test_a_worker_killed_on_the_way_leaves_a_message_that_comes_back(funder, tried, monkeypatch):
    message, now = noted(funder), timezone.now()

    def killed(claimed: Message) -> bool:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(delivery, "_attempt", killed)
        deliver_one(message.pk, at=now)
    assert not deliver_one(message.pk, at=now)  # claimed: nobody else tries meanwhile
    assert deliver_one(message.pk, at=now + delay(1))
    assert again(message).attempts == 2


def test_a_worker_killed_after_the_work_delivers_twice_under_one_id(funder, monkeypatch):
    """At least once: whoever receives recognises the second letter by its Message-ID."""
    with acting(funder.principal):
        message = post_message(to="une@essai.example", subject="Objet", body="Corps")
    registered, now = registry.registration("email"), timezone.now()

    def dies_after(each: Message) -> None:
        registered.handler(each)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(registry, "_handlers", {"email": registry.Registration(dies_after, True)})
        deliver_one(message.pk, at=now)
    assert deliver_one(message.pk, at=now + delay(1))
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert str(message.pk) in first.extra_headers["Message-ID"]


def test_two_sweeps_at_once_deliver_each_message_once(fresh_database, together, tried):
    member = make_funder()
    with acting(OPERATOR):
        Message.objects.all().delete()
    made = {noted(member).pk for _ in range(40)}
    answers = together(4, lambda _: deliver_due())
    assert sum(answers) == len(made)
    assert sorted(tried) == sorted(made)


def test_a_sweep_slower_than_a_claim_leaves_the_others_to_the_next_one(funder, monkeypatch):
    """Twenty seconds a letter: what still waits is nobody's, so another worker's sweep takes it, and nothing else."""
    made, calls = [noted(funder) for _ in range(3)], []
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:

        def slow(message: Message) -> None:
            calls.append(message.pk)
            if len(calls) < 3:
                clock.shift(timedelta(seconds=20))
            if len(calls) == 2:
                deliver_due()  # the other worker's, which finds the mail server well again

        monkeypatch.setattr(registry, "_handlers", {"tests.noted": registry.Registration(slow, False)})
        deliver_due()
    assert sorted(calls) == sorted(message.pk for message in made)
    assert [again(message).attempts for message in made] == [1, 1, 1]


def test_a_silent_mail_server_holds_no_worker(funder, settings):
    assert 0 < settings.EMAIL_TIMEOUT < FIRST_DELAY.total_seconds()  # else the claim runs out while it is silent
    with acting(funder.principal):
        message = post_message(to="une@essai.example", subject="Objet", body="Corps")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 0.1
        assert not deliver_one(message.pk)
    assert not again(message).failed_at
    assert "timed out" in again(message).last_error


@pytest.mark.parametrize(("code", "final"), [(550, True), (450, False)])
def test_an_address_that_is_refused_for_good_is_not_tried_again(funder, monkeypatch, code, final):
    def refuse(*args: Any) -> None:
        raise smtplib.SMTPRecipientsRefused({"une@essai.example": (code, b"no")})

    with acting(funder.principal):
        message = post_message(to="une@essai.example", subject="Objet", body="Corps")
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert not deliver_one(message.pk)
    assert bool(again(message).failed_at) is final
    assert "une@essai.example" not in again(message).last_error


def test_dead_letters_are_counted_for_the_alert_and_the_operator(funder, tried):
    message = noted(funder, "useless")
    deliver_one(message.pk)
    operator = make_operator()
    with acting(operator.principal):
        assert list(Message.objects.visible_to(operator.principal).given_up()) == [message]
    assert b"aptic_outbox_given_up 1.0" in Client().get("/metrics").content
