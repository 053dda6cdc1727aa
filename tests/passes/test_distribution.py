"""Custody of booklets: sent, taken back, handed out, undone; all or nothing, and nobody else's."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting
from passes import blocking, distribution
from passes.errors import HandOutRefused, StockRefused
from passes.models import Batch, Booklet, HandOut, StockMove
from tests.factories import OPERATOR, Member, make_distributor, make_funder, make_member
from tests.passes.world import code_of, in_circulation, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
PARIS = ZoneInfo("Europe/Paris")


def as_funder(batch: Batch, role: str = "manager") -> Principal:
    """Who bought the batch."""
    return Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role=role)


def send(batch: Batch, distributor: Member, first: int = 0, count: int | None = None) -> StockMove:
    """Booklets of the batch, counted from 0, to a distributor."""
    with acting(as_funder(batch)):
        return distribution.send_booklets(
            batch=batch,
            distributor=distributor.organisation,
            first_booklet=batch.first_booklet + first,
            booklets=count if count is not None else batch.booklets - first,
        )


def booklet_of(batch: Batch, number: int = 0) -> Booklet:
    """As the operator sees it."""
    with acting(OPERATOR):
        return Booklet.objects.get(pk=batch.first_booklet + number)


def give(batch: Batch, distributor: Member, number: int = 0, **more: datetime) -> HandOut:
    """Hand one booklet out."""
    with acting(distributor.principal):
        return distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet + number), **more)


def undo(hand_out: HandOut, distributor: Member, **more: datetime) -> None:
    """Take a hand-out back."""
    with acting(distributor.principal):
        distribution.undo_hand_out(hand_out=hand_out, **more)


def held_by(batch: Batch) -> list[object]:
    """Each booklet's distributor, in order."""
    with acting(OPERATOR):
        return list(Booklet.objects.filter(batch=batch).order_by("id").values_list("distributor_id", flat=True))


def test_a_run_goes_to_the_distributor_and_leaves_a_move() -> None:
    batch, ccas = make_batch(booklets=4), make_distributor()
    move = send(batch, ccas, 1, 2)
    assert held_by(batch) == [None, ccas.organisation.pk, ccas.organisation.pk, None]
    assert (move.first_booklet, move.booklets, move.returned) == (batch.first_booklet + 1, 2, False)
    with acting(OPERATOR):
        assert Event.objects.filter(verb="booklets_sent", object_id=str(move.pk)).count() == 1


def test_all_or_nothing_and_the_sentence_says_how_many_are_missing() -> None:
    batch, ccas, other = make_batch(booklets=6), make_distributor(), make_distributor()
    send(batch, ccas, 2, 2)
    with pytest.raises(StockRefused, match="2 des 6 carnets demandés sont déjà confiés à un aiguilleur"):
        send(batch, other)
    with pytest.raises(StockRefused, match="1 des 3 carnets demandés est déjà confié"):
        send(batch, other, 0, 3)
    with pytest.raises(StockRefused, match="Le carnet demandé est déjà confié"):
        send(batch, other, 3, 1)
    assert held_by(batch) == [None, None, ccas.organisation.pk, ccas.organisation.pk, None, None]
    with acting(OPERATOR):
        assert StockMove.objects.count() == 1


@pytest.mark.parametrize(("first", "count"), [(-1, 2), (2, 2), (0, 0), (0, -1), (3, 1)])
def test_a_run_outside_the_batch_is_refused(first: int, count: int) -> None:
    batch, ccas = make_batch(booklets=3), make_distributor()
    with pytest.raises(StockRefused, match="du carnet 1 au carnet 3"):
        send(batch, ccas, first, count)


def test_only_booklets_of_an_issued_batch_leave_and_only_for_a_distributor() -> None:
    batch, ccas = make_batch(booklets=1, active=False), make_distributor()
    with pytest.raises(StockRefused, match="pas encore émis"):
        send(batch, ccas)
    with pytest.raises(StockRefused, match="pas un aiguilleur"):
        send(make_batch(booklets=1), make_funder())


@pytest.mark.parametrize("role", ["finance", "scanner", ""])
def test_of_a_funder_only_managers_and_agents_move_stock(role: str) -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    run = {"batch": batch, "distributor": ccas.organisation, "first_booklet": batch.first_booklet, "booklets": 1}
    with acting(as_funder(batch, role)), pytest.raises(NotAllowed):
        distribution.send_booklets(**run)
    send(batch, ccas)
    with acting(as_funder(batch, role)), pytest.raises(NotAllowed):
        distribution.take_back(**run)


def test_another_funder_and_the_distributor_itself_move_nothing() -> None:
    batch, ccas, stranger = make_batch(booklets=1), make_distributor(role=Role.MANAGER), make_funder()
    run = {"batch": batch, "distributor": ccas.organisation, "first_booklet": batch.first_booklet, "booklets": 1}
    for principal in (stranger.principal, ccas.principal):
        with acting(principal), pytest.raises(NotAllowed):
            distribution.send_booklets(**run)


def test_what_was_not_handed_out_is_taken_back_and_may_leave_again() -> None:
    batch, ccas, other = make_batch(booklets=3), make_distributor(), make_distributor()
    send(batch, ccas)
    give(batch, ccas, 1)
    run = {"batch": batch, "distributor": ccas.organisation, "first_booklet": batch.first_booklet}
    with acting(as_funder(batch)):
        with pytest.raises(StockRefused, match="1 des 3 carnets demandés n’est pas dans ce stock"):
            distribution.take_back(**run, booklets=3)
        move = distribution.take_back(**run, booklets=1)
    assert move.returned
    assert held_by(batch) == [None, ccas.organisation.pk, ccas.organisation.pk]
    send(batch, other, 0, 1)
    assert held_by(batch)[0] == other.organisation.pk


def test_the_next_run_is_the_first_that_nobody_holds() -> None:
    batch, ccas = make_batch(booklets=6), make_distributor()
    with acting(as_funder(batch)):
        assert distribution.next_run(batch) == (batch.first_booklet, 6)
        send(batch, ccas, 3, 2)
        assert distribution.next_run(batch) == (batch.first_booklet, 3)
        send(batch, ccas, 0, 3)
        assert distribution.next_run(batch) == (batch.first_booklet + 5, 1)
        send(batch, ccas, 5, 1)
        assert distribution.next_run(batch) == (0, 0)


def test_a_booklet_is_handed_out_once_and_dated() -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    at = timezone.now()
    made = give(batch, ccas, at=at)
    assert (made.funder_id, made.campaign_id) == (batch.funder_id, batch.campaign_id)
    assert made.handed_out_by == ccas.user.pk
    assert booklet_of(batch).handed_out_at == at
    with pytest.raises(HandOutRefused, match="déjà remis"):
        give(batch, ccas)
    with acting(OPERATOR):
        assert Event.objects.filter(verb="booklet_handed_out").count() == 1


def test_what_needs_a_hand_out_is_refused_before_and_taken_after() -> None:
    batch, ccas, till = make_batch(booklets=1, needs_hand_out=True), make_distributor(), make_till()
    send(batch, ccas)
    assert till.redeem(code_of(batch)).json()["code"] == "not_handed_out"
    made = give(batch, ccas)
    assert till.redeem(code_of(batch)).status_code == 201
    with pytest.raises(HandOutRefused, match="déjà utilisé"):
        undo(made, ccas)


def test_handing_out_moves_no_money() -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    undo(give(batch, ccas), ccas)
    assert in_circulation(batch) == 10_000


def test_another_distributors_booklet_is_not_in_this_stock() -> None:
    batch, ccas, other = make_batch(booklets=2), make_distributor(), make_distributor()
    send(batch, ccas, 0, 1)
    for number in (0, 1):
        with acting(other.principal), pytest.raises(HandOutRefused, match="pas dans votre stock") as refused:
            distribution.hand_out(booklet=booklet_of(batch, number))
        assert refused.value.code == "not_in_stock"
    assert booklet_of(batch).handed_out_at is None


@pytest.mark.parametrize("role", ["finance", "scanner"])
def test_of_a_distributor_only_managers_and_agents_hand_out(role: str) -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    other = make_member(ccas.organisation, Hat.DISTRIBUTOR, role)
    with pytest.raises(NotAllowed):
        give(batch, other)
    made = give(batch, ccas)
    with pytest.raises(NotAllowed):
        undo(made, other)


def test_neither_funder_nor_operator_hands_out_for_a_distributor() -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    for principal in (as_funder(batch), OPERATOR):
        with acting(principal), pytest.raises(NotAllowed):
            distribution.hand_out(booklet=booklet_of(batch))


def test_a_booklet_past_its_date_or_blocked_stays_in_the_drawer() -> None:
    batch, ccas = make_batch(booklets=2), make_distributor()
    send(batch, ccas)
    last = batch.valid_until
    with pytest.raises(HandOutRefused, match="date de ce carnet est passée"):
        give(batch, ccas, at=last)
    give(batch, ccas, at=last - timedelta(seconds=1))
    with acting(as_funder(batch)):
        blocking.block_booklet(booklet=booklet_of(batch, 1))
    with pytest.raises(HandOutRefused, match="bloqué"):
        give(batch, ccas, 1)


def test_undone_on_its_day_it_is_back_in_stock_and_may_be_handed_out_again() -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    first = give(batch, ccas)
    undo(first, ccas)
    undo(first, ccas)
    assert booklet_of(batch).handed_out_at is None
    second = give(batch, ccas)
    with acting(OPERATOR):
        assert [(h.pk, h.undone_at is None) for h in HandOut.objects.order_by("handed_out_at")] == [
            (first.pk, False),
            (second.pk, True),
        ]
        assert Event.objects.filter(verb="hand_out_undone").count() == 1


def test_the_day_is_that_of_paris_up_to_midnight() -> None:
    batch, ccas = make_batch(booklets=2), make_distributor()
    send(batch, ccas)
    today = timezone.localdate()
    evening = datetime(today.year, today.month, today.day, 0, 30, tzinfo=PARIS)
    one, two = give(batch, ccas, 0, at=evening), give(batch, ccas, 1, at=evening)
    undo(one, ccas, at=evening.replace(hour=23, minute=59, second=59))
    with pytest.raises(HandOutRefused, match="le jour même"):
        undo(two, ccas, at=datetime(today.year, today.month, today.day, tzinfo=PARIS) + timedelta(days=1))
    assert booklet_of(batch, 1).handed_out_at == evening


def test_a_voided_redemption_does_not_hold_the_hand_out() -> None:
    batch, ccas, till = make_batch(booklets=1), make_distributor(), make_till()
    send(batch, ccas)
    made = give(batch, ccas)
    redemption = till.redeem(code_of(batch)).json()["id"]
    with pytest.raises(HandOutRefused, match="déjà utilisé"):
        undo(made, ccas)
    assert till.post(f"redemptions/{redemption}/void/").status_code == 201
    undo(made, ccas)
    assert booklet_of(batch).handed_out_at is None


def test_another_distributor_undoes_nothing() -> None:
    batch, ccas, other = make_batch(booklets=1), make_distributor(), make_distributor()
    send(batch, ccas)
    made = give(batch, ccas)
    with pytest.raises(NotAllowed):
        undo(made, other)
    assert booklet_of(batch).handed_out_at is not None
    with acting(OPERATOR):
        assert HandOut.objects.get().undone_at is None


def test_two_live_hand_outs_of_one_booklet_cannot_exist() -> None:
    """The constraint alone, past the service."""
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    made = give(batch, ccas)
    with acting(ccas.principal), pytest.raises(IntegrityError, match="one_live_hand_out"), transaction.atomic():
        HandOut.objects.create(
            booklet_id=made.booklet_id,
            campaign_id=made.campaign_id,
            funder_id=made.funder_id,
            distributor_id=made.distributor_id,
            handed_out_at=timezone.now(),
        )


def test_what_custody_opens_is_closed_again_afterwards() -> None:
    batch, ccas = make_batch(booklets=1), make_distributor()
    send(batch, ccas)
    give(batch, ccas)
    with acting(ccas.principal):
        assert not Batch.objects.exists()
