"""Real connections at the same instant: a booklet is handed out once, and an undone hand-out has no redemption."""

import threading
from collections import Counter
from typing import Any

import pytest

from aptic.errors import DomainError
from aptic.tenancy.principal import Hat, Principal, acting
from passes import blocking, distribution
from passes.models import Booklet, HandOut, Pass
from tests.factories import OPERATOR, make_distributor, make_member
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15


def _funder(batch: Any) -> Principal:
    return Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="manager")


def _send(batch: Any, distributor: Any) -> None:
    with acting(_funder(batch)):
        distribution.send_booklets(
            batch=batch,
            distributor=distributor.organisation,
            first_booklet=batch.first_booklet,
            booklets=batch.booklets,
        )


def _said(work: Any) -> str:
    try:
        work()
    except DomainError as error:
        return error.code
    return "done"


def test_eight_people_hand_out_one_booklet_and_one_of_them_does(fresh_database: Any, together: Any) -> None:
    batch, first = make_batch(booklets=1), make_distributor()
    _send(batch, first)
    people = [first, *(make_member(first.organisation, Hat.DISTRIBUTOR, "agent") for _ in range(7))]

    def work(i: int) -> str:
        def give() -> None:
            with acting(people[i].principal):
                distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet))

        return _said(give)

    assert Counter(together(8, work)) == {"done": 1, "given": 7}
    with acting(OPERATOR):
        assert HandOut.objects.count() == 1


def test_two_funders_people_send_the_same_booklets_and_one_distributor_gets_them_all(
    fresh_database: Any, together: Any
) -> None:
    batch, rivals = make_batch(booklets=30), [make_distributor() for _ in range(4)]

    def work(i: int) -> str:
        return _said(lambda: _send(batch, rivals[i]))

    assert Counter(together(4, work)) == {"done": 1, "not_in_stock": 3}
    with acting(OPERATOR):
        assert Booklet.objects.filter(batch=batch).order_by().values("distributor").distinct().count() == 1


def test_a_booklet_is_taken_back_or_handed_out_and_never_both(fresh_database: Any, together: Any) -> None:
    batch, ccas = make_batch(booklets=20), make_distributor()
    _send(batch, ccas)

    def work(i: int) -> list[str]:
        def one(booklet: int) -> None:
            if i:
                with acting(ccas.principal):
                    distribution.hand_out(booklet=Booklet(pk=booklet, batch=batch, funder_id=batch.funder_id))
            else:
                with acting(_funder(batch)):
                    distribution.take_back(
                        batch=batch, distributor=ccas.organisation, first_booklet=booklet, booklets=1
                    )

        order = range(batch.first_booklet, batch.last_booklet + 1)
        return [_said(lambda booklet=booklet: one(booklet)) for booklet in order]

    taken, given = together(2, work)
    assert all((one == "done") != (other == "done") for one, other in zip(taken, given, strict=True))


@pytest.mark.parametrize("limit", [None, 3])
def test_a_hand_out_is_undone_or_its_pass_is_used_and_never_both(
    fresh_database: Any, together: Any, limit: int | None
) -> None:
    batch = make_batch(booklets=25, needs_hand_out=True, passes_per_day=limit)
    ccas, till = make_distributor(), make_till()
    _send(batch, ccas)
    with acting(ccas.principal):
        made = [
            distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet + n))
            for n in range(batch.booklets)
        ]
    assert till.redeem(code_of(make_batch(booklets=1))).status_code == 201  # the first call of a till is slower

    for number, hand_out in enumerate(made):

        def undo(hand_out: HandOut = hand_out) -> None:
            with acting(ccas.principal):
                distribution.undo_hand_out(hand_out=hand_out)

        def work(i: int, number: int = number, undo: Any = undo) -> Any:
            return till.redeem(code_of(batch, number)).status_code if i else _said(undo)

        assert tuple(together(2, work)) in {("done", 422), ("used", 201)}
    with acting(OPERATOR):
        spent = Pass.objects.filter(state=Pass.State.REDEEMED, batch=batch).values("booklet")
        assert not Booklet.objects.filter(pk__in=spent, handed_out_at__isnull=True).exists()


def test_a_redemption_under_way_holds_the_undo_back(fresh_database: Any, together: Any) -> None:
    """The one order that chance seldom gives: the till has seen the hand-out and waits for its pass; then the undo."""
    batch, ccas, till = make_batch(booklets=1, needs_hand_out=True), make_distributor(), make_till()
    _send(batch, ccas)
    with acting(ccas.principal):
        made = distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet))
    owner, undone = fresh_database.connect("owner"), threading.Event()
    owner.execute("BEGIN")
    owner.execute("SELECT 1 FROM passes_pass WHERE id = %s FOR UPDATE", [batch.first_booklet << 4 | 1])

    def wait_for(waiting: int) -> None:
        with fresh_database.admin() as watcher:
            while not undone.is_set():
                [(count,)] = watcher.execute(
                    "SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                    " WHERE NOT l.granted AND a.datname = current_database()"
                ).fetchall()
                if count >= waiting:
                    return

    def undo() -> None:
        with acting(ccas.principal):
            distribution.undo_hand_out(hand_out=made)

    def work(i: int) -> Any:
        if i == 0:
            return till.redeem(code_of(batch)).status_code
        if i == 1:
            wait_for(1)
            said = _said(undo)
            undone.set()
            return said
        wait_for(2)
        owner.execute("COMMIT")
        return None

    assert together(3, work)[:2] == [201, "used"]
    owner.close()


def test_opposition_against_tills_leaves_each_pass_used_or_blocked(fresh_database: Any, together: Any) -> None:
    batch, tills = make_batch(booklets=1), [make_till() for _ in range(5)]
    with acting(OPERATOR):
        booklet = Booklet.objects.get(pk=batch.first_booklet)

    def work(i: int) -> Any:
        if i == 0:
            with acting(_funder(batch)):
                return blocking.block_booklet(booklet=booklet)
        return [tills[i - 1].redeem(code_of(batch, 0, position)).status_code for position in (i * 2 - 1, i * 2)]

    blocked, *answers = together(6, work)
    used = sum(status == 201 for line in answers for status in line)
    assert used + blocked == 10
    assert {status for line in answers for status in line} <= {201, 422}
