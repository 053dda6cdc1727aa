"""Seals: whatever is changed, taken away or slipped in after a minute is found, by whom it may have been done."""

import hashlib
import json
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.audit import rules, sealing, tasks
from aptic.audit.models import Event, Head, Seal
from aptic.audit.services import record
from aptic.celery import SCHEDULE, SYSTEM_QUEUE
from aptic.locks import Lock
from aptic.outbox.delivery import deliver_due
from aptic.outbox.models import Message
from aptic.tenancy.principal import acting, as_system
from tests.factories import OPERATOR, make_campaign, make_funder, make_operator, make_paid_line
from tests.horizon import horizon_passes

pytestmark = pytest.mark.pg15


@pytest.fixture
def sealed(fresh_database: Any) -> Any:
    """Two seals of the trail and one of the ledger, over rows that the product wrote."""
    make_paid_line(make_campaign())
    seal()
    write("later", "still_later")
    seal()
    assert verify() is None
    return fresh_database


def write(*verbs: str) -> None:
    with acting(OPERATOR):
        for verb in verbs:
            record(verb=verb, target=None)


def seal(*, wait: bool = True) -> list[Seal]:
    if wait:
        horizon_passes()
    with as_system():
        return sealing.seal()


def verify() -> sealing.Difference | None:
    with as_system():
        return sealing.verify()


def tamper(database: Any, statement: str, *params: Any) -> None:
    """As somebody who owns the database would: the triggers taken off, and put back."""
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        assert admin.execute(statement, params).rowcount > 0


def test_rows_are_sealed_once_each_in_a_chain(sealed):
    with as_system():
        seals = list(Seal.objects.order_by("id"))
        events = Event.objects.count()
    assert [made.table for made in seals] == ["audit_event", "ledger_transfer", "audit_event"]
    assert sum(made.count for made in seals if made.table == "audit_event") == events
    previous = rules.GENESIS
    for made in seals:
        assert bytes(made.previous) == previous
        previous = bytes(made.hash)
    assert seal() == []  # nothing new, no empty seal


def test_the_task_runs_every_minute_on_the_system_queue(sealed):
    assert (SCHEDULE["seal"]["schedule"], SCHEDULE["seal"]["options"]["queue"]) == (60.0, SYSTEM_QUEUE)
    write("now")
    horizon_passes()
    assert tasks.seal() == 1


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE audit_event SET verb = 'nothing' WHERE verb = 'later'", "modifiée"),
        ("UPDATE audit_event SET person_id = gen_random_uuid() WHERE verb = 'later'", "modifiée"),
        ("UPDATE audit_event SET at = at - interval '1 microsecond' WHERE verb = 'later'", "modifiée"),
        ("UPDATE audit_event SET fields = '{a}' WHERE verb = 'later'", "modifiée"),
        ("DELETE FROM audit_event WHERE verb = 'still_later'", "trouvées"),
        (
            "INSERT INTO audit_event (xid, hat, verb, object_type, object_id, fields) "
            "SELECT min(xid), '', 'forged', '', '', '{}' FROM audit_event",
            "trouvées",
        ),
        (
            "WITH gone AS (DELETE FROM audit_event WHERE verb = 'later' RETURNING *) INSERT INTO audit_event "
            "SELECT id, at, xid, person_id, organisation_id, hat, request_id, 'forged', object_type, object_id, fields "
            "FROM gone",
            "modifiée",
        ),
        ("UPDATE ledger_transfer SET amount_cents = amount_cents + 1", "modifiée"),
        ("DELETE FROM ledger_transfer", "trouvées"),
        ("UPDATE audit_seal SET count = count + 1 WHERE id = (SELECT max(id) FROM audit_seal)", "scellé lui-même"),
        ("UPDATE audit_seal SET rows_hash = 'x' WHERE id = (SELECT min(id) FROM audit_seal)", "scellé lui-même"),
        ("DELETE FROM audit_seal WHERE id = (SELECT min(id) FROM audit_seal)", "manque"),
        ("UPDATE audit_seal SET at = at - interval '1 day', previous = 'y' WHERE id = (SELECT max(id) FROM audit_seal)",
         "manque"),
    ],
)  # fmt: skip
def test_tampering_is_found(sealed, statement, reason):
    tamper(sealed, statement)
    difference = verify()
    assert difference is not None
    assert reason in difference.reason
    assert difference.table in ("audit_event", "ledger_transfer")


def test_a_whole_history_forged_anew_differs_from_the_published_head(sealed):
    """Whoever rewrites rows and every seal after them keeps a chain that holds; the heads people were mailed do not."""
    with as_system():
        last = Seal.objects.order_by("-id").first()
        head = sealing.publish_head(last.at.date())
    assert bytes(head.hash) == bytes(last.hash)
    tamper(sealed, "UPDATE audit_event SET verb = 'nothing' WHERE verb = 'later'")
    with sealed.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("DELETE FROM audit_seal")
    seal()
    difference = verify()
    assert difference is not None
    assert "empreinte publiée" in difference.reason


def test_the_command_names_the_seal_and_exits_with_one(sealed, capsys):
    call_command("verify_seals")
    assert "3 scellés vérifiés" in capsys.readouterr().out
    tamper(sealed, "UPDATE audit_event SET verb = 'nothing' WHERE verb = 'later'")
    with pytest.raises(CommandError, match=r"audit_event\) : une ligne scellée a été modifiée"):
        call_command("verify_seals")


def test_every_night_all_seals_are_verified_and_a_difference_stays_told_until_it_is_mended(sealed):
    """Those who answer for the money are written to, the operator's first page and the figures say it."""
    people = [make_operator(), make_operator(Role.FINANCE)]
    agent = make_operator(Role.AGENT)
    home, client = reverse("operator_home", args=[people[0].organisation.pk]), people[0].log_in(Client())
    assert SCHEDULE["verify"]["options"]["queue"] == SYSTEM_QUEUE
    assert tasks.verify_nightly() is True
    deliver_due()
    mail.outbox.clear()  # what the services mailed
    assert "ont changé depuis" not in client.get(home).content.decode()

    tamper(sealed, "UPDATE audit_event SET verb = 'nothing' WHERE verb = 'later'")
    assert tasks.verify_nightly() is False
    deliver_due()
    told = {letter.to[0] for letter in mail.outbox}
    assert told >= {one.user.email for one in people}
    assert agent.user.email not in told
    assert all("(audit_event) : une ligne scellée a été modifiée" in letter.body for letter in mail.outbox)
    page = client.get(home).content.decode()
    assert "ont changé depuis" in page
    assert "une ligne scellée a été modifiée" in page
    machines = reverse("operator_machinery", args=[people[0].organisation.pk])
    assert "une ligne scellée a été modifiée" in client.get(machines).content.decode()
    assert b"aptic_seals_broken 1.0" in client.get("/metrics").content

    tamper(sealed, "UPDATE audit_event SET verb = 'later' WHERE verb = 'nothing'")
    call_command("verify_seals")
    assert "ont changé depuis" not in client.get(home).content.decode()
    figures = client.get("/metrics").content
    assert b"aptic_seals_broken 0.0" in figures
    assert b"aptic_last_verification_timestamp_seconds 1." in figures


def test_what_is_written_during_a_long_verification_is_sealed_before_its_end(sealed, monkeypatch):
    monkeypatch.setattr(sealing, "SLICE", 1)
    made, real = [], sealing.seal

    def seal_and_write():
        made.extend(real())
        if not made:
            write("meanwhile")
            horizon_passes()

    monkeypatch.setattr(sealing, "seal", seal_and_write)
    assert tasks.verify_nightly() is True
    assert [one.table for one in made] == ["audit_event"]
    assert verify() is None


@pytest.mark.parametrize("table", ["audit_event", "ledger_transfer"])
def test_a_row_that_its_number_hides_from_every_seal_is_found(sealed, table):
    tamper(sealed, f"UPDATE {table} SET xid = 1::bigint << 62 WHERE id = (SELECT max(id) FROM {table})")
    tamper(sealed, "DELETE FROM audit_seal")  # whoever may do that may take the seals away as well
    seal()
    difference = verify()
    assert difference is not None
    assert (difference.table, "aucune transaction" in difference.reason) == (table, True)


def test_a_transaction_still_running_is_left_to_the_next_seal(fresh_database):
    """Ids and times are given before the commit: the horizon, not the clock, says what can no longer change."""
    write("before")
    with fresh_database.connect() as slow:
        slow.execute("BEGIN")
        slow.execute("SELECT set_config('aptic.hat', 'operator', true)")
        slow.execute(
            "INSERT INTO audit_event (hat, verb, object_type, object_id, fields) VALUES ('', 'slow', '', '', '{}')"
        )
        write("after")
        seal(wait=False)
        slow.execute("COMMIT")
    with as_system():
        covered = sum(Seal.objects.filter(table="audit_event").values_list("count", flat=True))
        assert covered < Event.objects.count()
    seal()
    with as_system():
        covered = sum(Seal.objects.filter(table="audit_event").values_list("count", flat=True))
        assert covered == Event.objects.count()
    assert verify() is None


def test_what_was_undone_is_no_gap(fresh_database):
    write("kept")
    with pytest.raises(ValueError, match="no"), acting(OPERATOR):
        record(verb="undone", target=None)
        raise ValueError("no")
    write("kept_too")
    seal()
    assert verify() is None


def test_two_beats_seal_once(fresh_database):
    write("one")
    with fresh_database.connect("system") as rival:
        rival.execute("BEGIN")
        rival.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(Lock.SEAL), 0])
        assert seal() == []
        rival.execute("ROLLBACK")
    assert len(seal()) == 1


def test_sealing_waits_for_nobody_and_nobody_for_it(fresh_database):
    """While a seal is being written, lines go on being written, and the reverse."""
    write("first")
    horizon_passes()
    with as_system(), transaction.atomic():
        assert sealing.seal()
        serving = fresh_database.connect()
        serving.execute("SET lock_timeout = '100ms'")
        serving.execute("BEGIN")
        serving.execute("SELECT set_config('aptic.hat', 'operator', true)")
        serving.execute(
            "INSERT INTO audit_event (hat, verb, object_type, object_id, fields) VALUES ('', 'x', '', '', '{}')"
        )
        serving.execute("COMMIT")
        serving.close()
        with connections["default"].cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation
                   WHERE pid = pg_backend_pid() AND relkind = 'r' AND mode <> 'AccessShareLock'"""
            )
            assert {name for (name,) in cursor.fetchall()} <= {"audit_seal"}


def test_the_head_of_the_day_is_published_and_mailed_to_funders_once(fresh_database):
    funder = make_funder()
    with acting(OPERATOR):
        Message.objects.all().delete()
    seal()
    tasks.publish_head()
    tasks.publish_head()
    deliver_due()
    (letter,) = mail.outbox
    assert letter.to == [funder.organisation.email]
    with as_system():
        head = Head.objects.get()
    assert bytes(head.hash).hex() in letter.body
    with acting(OPERATOR):
        assert Head.objects.count() == 1  # published: every principal reads it


def test_nothing_is_published_before_the_first_seal(fresh_database):
    tasks.publish_head()
    with as_system():
        assert not Head.objects.exists()


def test_anybody_can_compute_the_chain():
    """The published head from the content of one seal, by hand."""
    made = rules.chain(
        previous=rules.GENESIS, table="audit_event", low=0, high=9, first=1, last=3, count=3, rows_hash=b"x"
    )

    text = json.dumps(["00" * 32, "audit_event", 0, 9, 1, 3, 3, "78"], separators=(",", ":"))
    assert made == hashlib.sha256(text.encode()).digest()
