"""A use is undone and, at the same instant, its batch ends, its booklet is replaced or declared lost, its line is paid.

Each order of the two is held in place: the first has not committed when the second comes.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from actors.models import Settlement
from actors.settlement import prepare
from aptic.accounts.models import Role
from aptic.tenancy.demonstration import mark_demonstration
from aptic.tenancy.principal import Hat, Principal, acting
from passes.blocking import block_booklet
from passes.conflict_errors import BatchOver
from passes.expiry import expire_batch
from passes.models import Batch, Booklet, Incident, Pass, Redemption, Void, VoidRequest
from passes.replacing import replace_booklets
from passes.void_requests import approve_void, request_void
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_member, make_operator
from tests.passes.conflicts import differences
from tests.passes.world import TestTill, code_of, in_circulation, make_batch, make_till
from tests.races.overlap import PATIENCE, overlapped, wait_for_waiter

pytestmark = pytest.mark.pg15


@pytest.fixture
def in_turn(fresh_database: Any, together: Any) -> Callable[..., list[Any]]:
    """`in_turn((who, work), (who, work))`: the second comes while the first has done its work and not committed."""

    def as_whom(who: Principal, verb: Callable[[], Any]) -> Any:
        with acting(who):
            return verb()

    def run(first: tuple[Principal, Callable[[], Any]], second: tuple[Principal, Callable[[], Any]]) -> list[Any]:
        return overlapped(fresh_database, together, partial(as_whom, *first), partial(as_whom, *second))

    return run


def expire(batch: Batch) -> Any:
    return expire_batch(batch=batch, at=batch.claim_until + timedelta(hours=73))


def replace(batch: Batch) -> Any:
    return len(replace_booklets(batch=batch, first_booklet=batch.first_booklet, booklets=1))


def block(batch: Batch) -> Any:
    return block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))


def used(till: TestTill, batch: Batch) -> VoidRequest:
    """The first pass of a batch, redeemed; somebody of the actor asks that it be undone."""
    key = till.redeem(code_of(batch)).json()["id"]
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.AGENT).principal):
        return request_void(redemption=Redemption.objects.get(pk=key), reason="Erreur.")


def first_pass(batch: Batch) -> str:
    with acting(OPERATOR):
        return Pass.objects.get(pk=batch.first_booklet << 4 | 1).state


@pytest.fixture
def asked(fresh_database: Any) -> tuple[TestTill, Batch, VoidRequest]:
    """A booklet of which one pass is used, and its undoing asked for."""
    mark_demonstration()  # only there may the end of a batch come today
    till, batch = make_till(), make_batch(booklets=1)
    return till, batch, used(till, batch)


@pytest.mark.parametrize("verb", [expire, replace, block])
def test_a_use_undone_first_ends_with_its_booklet(asked: Any, in_turn: Any, verb: Callable[[Batch], Any]) -> None:
    till, batch, request = asked
    manager = make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal
    undone, ended = in_turn((manager, lambda: approve_void(request=request)), (OPERATOR, lambda: verb(batch)))
    assert isinstance(undone, Void), undone
    assert (ended, first_pass(batch)) == {
        expire: (batch.amount_cents, "expired"), replace: (1, "replaced"), block: (10, "blocked")
    }[verb]  # fmt: skip
    assert in_circulation(batch) == (batch.amount_cents if verb is block else 0)
    assert differences() == []


@pytest.mark.parametrize("verb", [replace, block])
def test_a_use_undone_after_its_booklet_was_lost_opens_nothing(asked: Any, in_turn: Any, verb: Any) -> None:
    till, batch, request = asked
    manager = make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal
    ended, undone = in_turn((OPERATOR, lambda: verb(batch)), (manager, lambda: approve_void(request=request)))
    assert not isinstance(ended, BaseException), ended
    assert isinstance(undone, Void), undone
    assert first_pass(batch) == "blocked"
    assert till.redeem(code_of(batch)).json()["code"] == "blocked"
    assert differences() == []


def test_after_the_end_of_the_batch_an_actor_undoes_nothing(asked: Any, in_turn: Any) -> None:
    till, batch, request = asked
    manager = make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal
    ended, undone = in_turn((OPERATOR, lambda: expire(batch)), (manager, lambda: approve_void(request=request)))
    assert (ended, type(undone)) == (batch.amount_cents - 1000, BatchOver)
    assert (first_pass(batch), in_circulation(batch)) == ("redeemed", 0)
    assert differences() == []


def test_after_the_end_of_the_batch_the_operator_gives_the_value_back(asked: Any, in_turn: Any) -> None:
    _, batch, request = asked
    operator = make_operator(Role.FINANCE).principal
    ended, undone = in_turn((OPERATOR, lambda: expire(batch)), (operator, lambda: approve_void(request=request)))
    assert (ended, type(undone)) == (batch.amount_cents - 1000, Void)
    assert (first_pass(batch), in_circulation(batch)) == ("expired", 0)
    assert differences() == []


def test_the_operator_undoes_after_the_end_while_a_run_is_prepared(
    asked: Any, together: Any, monkeypatch: pytest.MonkeyPatch, fresh_database: Any
) -> None:
    """Purses before actors, for both: otherwise each would wait for what the other holds."""
    till, batch, request = asked
    scheme, holds_actors = Scheme(), prepare._lock_actors
    with acting(OPERATOR):
        expire(batch)
        scheme.give_bank(till.site.actor)
    purses_held = threading.Event()

    def then_actors() -> Any:
        purses_held.set()
        wait_for_waiter(fresh_database)
        return holds_actors()

    monkeypatch.setattr(prepare, "_lock_actors", then_actors)

    def work(i: int) -> Any:
        if i == 0:
            with acting(scheme.first):
                return prepare.prepare_settlement(cutoff=request.asked_at)
        assert purses_held.wait(PATIENCE)
        with acting(scheme.second):
            return approve_void(request=request)

    run, answer = together(2, work)
    assert isinstance(run, Settlement), run
    assert isinstance(answer, Incident), answer  # the run was first, and paid the line
    assert differences() == []
