"""Posting: written with the work, delivered only after its commit, sealed until the mail has left."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from aptic.documents.crypto import CannotDecrypt, decrypt_text
from aptic.outbox import tasks
from aptic.outbox.delivery import deliver_due, deliver_one
from aptic.outbox.models import Message
from aptic.outbox.services import email_context, post, post_email, post_message
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Principal, acting
from tests.factories import OPERATOR, Member, make_funder, make_operator
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15


@pytest.fixture
def funder(db: None) -> Member:
    member = make_funder()
    with acting(OPERATOR):
        Message.objects.all().delete()
    return member


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(tasks.deliver, "delay", sent.append)
    return sent


def letter(member: Member, **more: object) -> Message:
    with acting(member.principal):
        return post_message(to="une@essai.example", subject="Objet", body="Corps", **more)


def test_a_worker_is_woken_after_the_commit_and_not_before(fresh_database, woken):
    member = make_funder()
    woken.clear()
    with acting(member.principal):
        message = post_message(to="une@essai.example", subject="Objet", body="Corps")
        assert woken == []
    assert woken == [str(message.pk)]


def test_what_is_undone_is_never_sent(fresh_database, woken):
    member = make_funder()
    woken.clear()
    with pytest.raises(ValueError, match="no"), acting(member.principal), transaction.atomic():
        post_message(to="une@essai.example", subject="Objet", body="Corps")
        raise ValueError("no")
    assert woken == []
    assert deliver_due() >= 0
    assert not [m for m in mail.outbox if m.to == ["une@essai.example"]]


def test_a_broker_that_is_away_fails_nobody_and_the_sweep_delivers(fresh_database, monkeypatch):
    member = make_funder()

    def away(*args: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(tasks.deliver, "delay", away)
    message = letter(member)
    with acting(OPERATOR):
        assert Message.objects.waiting().filter(pk=message.pk).exists()
    deliver_due()
    assert [m.subject for m in mail.outbox if m.to == ["une@essai.example"]] == ["Objet"]


def test_something_for_later_wakes_nobody_and_waits(fresh_database, woken):
    member = make_funder()
    deliver_due()
    woken.clear()
    later = timezone.now() + timedelta(days=1)
    with acting(member.principal):
        message = post(kind="tests.later", payload={}, at=later)
    assert woken == []
    assert not deliver_one(message.pk)


def test_address_and_words_are_sealed_and_forgotten_once_sent(funder):
    with acting(funder.principal):
        message = post_email(
            to="une@essai.example",
            template="invitation",
            context={"organisation": "Zanzibar", "role": "Agent", "url": "https://x/", "days": 14},
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT m::text FROM outbox_message m WHERE id = %s", [message.pk])
            kept = cursor.fetchone()[0]
    assert "une@essai" not in kept
    assert "Zanzibar" not in kept
    opened = json.loads(decrypt_text(message.payload["sealed"], context=email_context(message.pk)))
    assert opened["to"] == "une@essai.example"
    assert deliver_one(message.pk)
    assert "Zanzibar" in mail.outbox[-1].body
    with acting(funder.principal):
        assert Message.objects.get(pk=message.pk).payload == {}


def test_a_sealed_letter_opens_in_its_own_message_only(funder):
    message, other = letter(funder), letter(funder)
    with pytest.raises(CannotDecrypt):
        decrypt_text(message.payload["sealed"], context=email_context(other.pk))


def test_an_organisation_sees_its_messages_and_nobody_those_of_nobody(funder):
    other = make_funder()
    mine = letter(funder)
    with acting(Principal()):
        post_message(to="perdu@essai.example", subject="Mot de passe", body="lien")
    with acting(other.principal):
        assert not Message.objects.filter(pk=mine.pk).exists()
        assert not Message.objects.filter(organisation=None).exists()
    with acting(funder.principal):
        assert list(Message.objects.all()) == [mine]


def test_nobody_changes_or_deletes_a_message_of_nobody(funder):
    """A password's link has no organisation: every tenant may post one, none may touch it."""
    with acting(Principal()):
        post_message(to="perdu@essai.example", subject="Mot de passe", body="lien")
    with acting(funder.principal), connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_message")
        cursor.execute("UPDATE outbox_message SET done_at = now()")
    with acting(OPERATOR):
        assert Message.objects.waiting().filter(organisation=None).count() == 1


def test_redeeming_posts_nothing_when_nobody_subscribed(db, monkeypatch):
    """No message and no task on the path that must be fast."""
    till, batch = make_till(), make_batch()
    with acting(OPERATOR):
        Message.objects.all().delete()
    monkeypatch.setattr("aptic.celery.RowBackedTask.apply_async", lambda *a, **k: pytest.fail("a task was queued"))
    assert till.redeem(code_of(batch)).status_code == 201
    with acting(OPERATOR):
        assert not Message.objects.exists()


def test_the_subject_is_one_line_whatever_the_name(funder):
    with acting(funder.principal):
        message = post_email(
            to="une@essai.example",
            template="invitation",
            context={"organisation": "Nom\nBcc: x@y.example", "role": "Agent", "url": "https://x/", "days": 14},
        )
    assert deliver_one(message.pk)
    assert "\n" not in mail.outbox[-1].subject
    assert mail.outbox[-1].recipients() == ["une@essai.example"]


WORDS = {"organisation": "Port d’attache", "former": "0001", "account": "0189", "until": "2 décembre 2026"}


def alarm(member: Member) -> EmailMessage:
    """The letter that tells an actor of a change of bank account, as it leaves."""
    with acting(member.principal):
        message = post_email(to="une@essai.example", template="bank_account_change", context=WORDS)
    assert deliver_one(message.pk)
    return mail.outbox[-1]


def test_an_answer_reaches_the_operator(funder):
    make_operator()
    with acting(OPERATOR):
        Organisation.objects.filter(is_operator=True).update(email="bonjour@operateur.example")
    letter = alarm(funder)
    assert letter.message()["Reply-To"] == "bonjour@operateur.example"
    assert "et répondez à ce message." in letter.body


def test_without_an_address_no_letter_asks_for_an_answer(funder):
    make_operator()
    letter = alarm(funder)
    assert letter.message()["Reply-To"] is None
    assert f"et adressez-vous à l’opérateur ({settings.PUBLIC_URL}/mentions/)." in letter.body


def test_every_letter_asks_for_an_answer_in_those_words_only():
    for path in (settings.BASE_DIR / "templates" / "mail").glob("*.txt"):
        assert not re.search(r"répond(ez|re)\b[^.]*\bmessage", path.read_text(), re.I), path.name
