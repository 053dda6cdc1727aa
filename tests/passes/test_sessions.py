"""Sessions of help: opened and closed at a till, passes taken in them, and what PostgreSQL refuses by itself."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from aptic.audit.models import Event
from aptic.tenancy.principal import Hat, Principal, acting
from passes import sessions
from passes.errors import SessionDay, SessionNotOpen
from passes.models import Held, Pass, Redemption, Session
from passes.redemption import Till
from tests.factories import OPERATOR
from tests.passes.conflicts import line, upload
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def standing(till: TestTill) -> Principal:
    """The device, as PostgreSQL sees it."""
    return Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, site_id=till.site.pk)


def place(till: TestTill) -> Till:
    return Till(till.site.pk, till.site.actor_id, till.device.pk)


def opened(till: TestTill, **more: Any) -> Session:
    """A workshop of two hours, today."""
    wanted = {"minutes": 120, "kind": "group", "mode": "site", "held_on": timezone.localdate(), **more}
    with acting(standing(till)):
        return sessions.open_session(till=place(till), service_id=first_service().pk, **wanted)


def close(till: TestTill, session: Session) -> bool:
    with acting(standing(till)):
        return sessions.close_session(session_id=session.pk, till=place(till))


def stored() -> list[Redemption]:
    with acting(OPERATOR):
        return list(Redemption.objects.order_by("accounted_at", "pass_id"))


def test_passes_taken_in_a_session_are_its_slips(till):
    batch, session = make_batch(), opened(till)
    for position in (1, 2):
        assert till.redeem(code_of(batch, position=position), session=str(session.pk)).status_code == 201
    till.redeem(code_of(batch, position=3))
    with acting(standing(till)):
        assert [one.pass_id & 15 for one in sessions.slips_of(session)] == [1, 2]
        assert sessions.totals(session) == {"passes": 2, "cents": 2000}
        assert sessions.counted_by_session([session]) == {session.pk: (2, 2000)}


def test_a_slip_that_was_undone_stays_in_the_list_and_leaves_the_totals(till):
    batch, session = make_batch(), opened(till)
    key = till.redeem(code_of(batch), session=str(session.pk)).json()["id"]
    assert till.post(f"redemptions/{key}/void/").status_code == 201
    with acting(standing(till)):
        assert [one.is_voided for one in sessions.slips_of(session)] == [True]
        assert sessions.totals(session) == {"passes": 0, "cents": 0}


def test_a_closed_session_takes_no_pass_and_nothing_is_stored(till):
    batch, session = make_batch(), opened(till)
    assert close(till, session) is True
    assert close(till, session) is False
    mine = str(uuid.uuid4())
    answer = till.redeem(code_of(batch), id=mine, session=str(session.pk))
    assert (answer.status_code, answer.json()["code"]) == (422, "session_not_open")
    assert stored() == []
    assert one_pass(batch).state == Pass.State.OPEN
    assert till.redeem(code_of(batch), id=mine).status_code == 201


def test_a_repeat_gets_its_answer_after_the_session_was_closed(till):
    batch, session, mine = make_batch(), opened(till), str(uuid.uuid4())
    first = till.redeem(code_of(batch), id=mine, session=str(session.pk))
    close(till, session)
    again = till.redeem(code_of(batch), id=mine, session=str(session.pk))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_a_session_of_another_site_or_of_nobody_is_refused(till):
    batch, sister = make_batch(), make_till(actor=till.site.actor)
    for key in (opened(sister).pk, opened(make_till()).pk, uuid.uuid4()):
        answer = till.redeem(code_of(batch), session=str(key))
        assert answer.json()["code"] == "session_not_open"
        assert till.redeem(code_of(batch), session=str(key), simulate=True).json()["code"] == "session_not_open"
        with acting(standing(till)), pytest.raises(SessionNotOpen):
            sessions.close_session(session_id=key, till=place(till))
    assert stored() == []


def test_a_refusal_in_a_session_says_which(till):
    batch, session = make_batch(), opened(till)
    till.redeem(code_of(batch))
    assert till.redeem(code_of(batch), session=str(session.pk)).status_code == 409
    assert [one.session for one in stored()] == [None, session.pk]


def test_a_batch_takes_each_line_by_its_own_session(till):
    batch, open_one, closed = make_batch(), opened(till), opened(till)
    close(till, closed)
    keys = [open_one.pk, closed.pk, None]
    lines = [
        {**line(code_of(batch, position=n + 1), offline=False), "session": key and str(key)}
        for n, key in enumerate(keys)
    ]
    for each in lines:
        each.pop("occurred_at", None)
    assert [one["status"] for one in upload(till, *lines)] == [201, 422, 201]
    assert {one.session for one in stored()} == {open_one.pk, None}


def test_what_was_taken_off_line_keeps_its_session_though_it_was_closed_meanwhile(till):
    batch, session = make_batch(), opened(till)
    close(till, session)
    unknown = uuid.uuid4()
    lines = [
        {**line(code_of(batch, position=n + 1)), "session": str(key)} for n, key in enumerate((session.pk, unknown))
    ]
    assert [one["status"] for one in upload(till, *lines)] == [201, 201]
    assert {one.session for one in stored()} == {session.pk, unknown}
    with acting(standing(till)):
        assert sessions.totals(session) == {"passes": 1, "cents": 1000}


def test_a_held_line_keeps_its_session(till):
    from actors.sites import close_site
    from tests.factories import make_operator

    batch, session = make_batch(), opened(till)
    with acting(make_operator().principal):
        close_site(site=till.site, reason="Dégât des eaux.")
    (answer,) = upload(till, {**line(code_of(batch)), "session": str(session.pk)})
    assert answer["status"] == 202
    with acting(OPERATOR):
        assert Held.objects.get().session == session.pk


def test_a_session_is_of_this_week(till):
    today = timezone.localdate()
    for days in (-7, 7):
        opened(till, held_on=today + timedelta(days=days))
    for days in (-8, 8):
        with pytest.raises(SessionDay):
            opened(till, held_on=today + timedelta(days=days))


def test_opening_and_closing_are_in_the_trail(till):
    session = opened(till)
    close(till, session)
    with acting(OPERATOR):
        verbs = Event.objects.filter(object_id=str(session.pk)).order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["session_opened", "session_closed"]


def test_redeeming_in_a_session_asks_for_no_more(till, django_assert_max_num_queries):
    batch, session = make_batch(), opened(till)
    till.redeem(code_of(batch))  # opens what the purse owes
    with django_assert_max_num_queries(10):
        assert till.redeem(code_of(batch, position=2), session=str(session.pk)).status_code == 201


def broken(statement: str, *values: Any, match: str, principal: Principal) -> None:
    with pytest.raises(DatabaseError, match=match), acting(principal), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_a_session_is_never_changes(till):
    session = opened(till)
    broken("UPDATE passes_session SET minutes = 60 WHERE id = %s", session.pk, match="denied", principal=standing(till))
    broken("DELETE FROM passes_session WHERE id = %s", session.pk, match="denied", principal=standing(till))
    close(till, session)
    again = "UPDATE passes_session SET closed_at = NULL, closed_on_device = NULL WHERE id = %s"
    broken(again, session.pk, match="is closed", principal=standing(till))


def test_postgresql_keeps_a_pass_out_of_a_session_that_takes_none(till):
    batch, session = make_batch(), opened(till)
    till.redeem(code_of(batch))
    close(till, session)
    (one,) = stored()
    copy = """
      INSERT INTO passes_redemption (id, pass_id, turn, outcome, service_id, site_id, actor_id, funder_id, batch_id,
                                     device_id, value_cents, occurred_at, accounted_at, offline, session)
      SELECT gen_random_uuid(), pass_id, 2, outcome, service_id, site_id, actor_id, funder_id, batch_id, device_id,
             value_cents, occurred_at, accounted_at, false, %s FROM passes_redemption WHERE id = %s"""
    broken(copy, session.pk, one.pk, match="takes no pass here", principal=OPERATOR)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"minutes": 5}, "session_minutes_sensible"),
        ({"minutes": 601}, "session_minutes_sensible"),
        ({"kind": "crowd"}, "session_kind_known"),
        ({"mode": "moon"}, "session_mode_known"),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(till, more, name):
    with pytest.raises(IntegrityError, match=name):
        opened(till, **more)


def test_somebody_opens_and_somebody_closes(till):
    facts = {
        "actor_id": till.site.actor_id, "site_id": till.site.pk, "service": first_service(), "minutes": 60,
        "kind": "group", "mode": "site", "held_on": timezone.localdate(), "opened_at": timezone.now(),
    }  # fmt: skip
    cases = [
        ({}, "session_opened_by_somebody"),
        ({"opened_by": uuid.uuid4(), "closed_at": timezone.now()}, "session_closed_by_somebody"),
        ({"opened_by": uuid.uuid4(), "closed_by": uuid.uuid4()}, "session_closed_by_somebody"),
        (
            {"opened_by": uuid.uuid4(), "held_on": timezone.localdate() - timedelta(days=8)},
            "session_within_a_week",
        ),
    ]
    for more, name in cases:
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), acting(standing(till)):
            Session.objects.create(**{**facts, **more})


def test_another_actor_neither_reads_nor_writes_it(till):
    session, other = opened(till), make_till()
    with acting(standing(other)):
        assert not Session.objects.exists()
        assert not Session.objects.filter(pk=session.pk).update(closed_at=timezone.now(), closed_by=uuid.uuid4())
    sister = make_till(actor=till.site.actor)
    with acting(standing(sister)):  # the actor's own, but not of the site where one stands
        assert Session.objects.filter(pk=session.pk).exists()
        assert not Session.objects.filter(pk=session.pk).update(closed_at=timezone.now(), closed_by=uuid.uuid4())
    with pytest.raises(DatabaseError, match="row-level security"), acting(standing(other)):
        Session.objects.create(
            actor_id=till.site.actor_id, site_id=till.site.pk, service=first_service(), minutes=60, kind="group",
            mode="site", held_on=timezone.localdate(), opened_at=timezone.now(), opened_by=uuid.uuid4(),
        )  # fmt: skip
