"""Closing a session against a pass that is taken in it: each order of the two, held in place, then a crowd."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import transaction

from aptic.tenancy.principal import acting
from passes.models import Redemption, Session
from tests.factories import OPERATOR
from tests.passes.test_sessions import close, opened
from tests.passes.world import code_of, make_batch, make_till
from tests.races.overlap import PATIENCE, wait_for_waiter

pytestmark = pytest.mark.pg15


def in_session(session: Session) -> int:
    with acting(OPERATOR):
        return Redemption.objects.accepted().filter(session=session.pk).count()


def test_closing_waits_for_the_pass_under_way(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch()
    session, begun, order = opened(till), threading.Event(), []

    def work(i: int) -> Any:
        if i == 0:
            with transaction.atomic():  # a redemption that has not committed yet
                status = till.redeem(code_of(batch), session=str(session.pk)).status_code
                begun.set()
                wait_for_waiter(fresh_database)
                order.append("redeemed")
            return status
        assert begun.wait(PATIENCE)
        done = close(till, session)
        order.append("closed")
        return done

    assert together(2, work) == [201, True]
    assert order == ["redeemed", "closed"]
    assert in_session(session) == 1


def test_a_pass_that_comes_while_it_closes_is_not_taken(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch()
    session, begun = opened(till), threading.Event()

    def work(i: int) -> Any:
        if i == 0:
            with transaction.atomic():
                close(till, session)
                begun.set()
                wait_for_waiter(fresh_database)  # the till stands at the session's row
            return None
        assert begun.wait(PATIENCE)
        return till.redeem(code_of(batch), session=str(session.pk)).json()["code"]

    assert together(2, work) == [None, "session_not_open"]
    assert in_session(session) == 0


def test_a_crowd_stops_with_the_session(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch(booklets=4)
    codes = [code_of(batch, n // 10, n % 10 + 1) for n in range(40)]
    session, begun = opened(till), threading.Event()

    def redeem(code: str) -> int:
        status = till.redeem(code, session=str(session.pk)).status_code
        begun.set()
        return status

    def work(i: int) -> Any:
        if i == 0:
            assert begun.wait(PATIENCE)
            close(till, session)
            return in_session(session)  # it has committed: from here on, not one more
        mine = codes[(i - 1) * 10 : i * 10]
        return [redeem(code) for code in mine]

    at_closing, *statuses = together(5, work)
    answers = Counter(status for part in statuses for status in part)
    assert set(answers) <= {201, 422}
    assert in_session(session) == at_closing == answers[201]


def test_closed_by_two_at_once_it_is_closed_once(fresh_database: Any, together: Any) -> None:
    till = make_till()
    session = opened(till)
    assert Counter(together(4, lambda i: close(till, session))) == {True: 1, False: 3}
