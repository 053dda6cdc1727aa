"""Replacing lost booklets: the old passes end, their value is in new ones of the same line, and nothing else moved."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.ledger.kinds import TransferKind
from aptic.ledger.models import Transfer
from aptic.ledger.proof import compare
from aptic.tenancy.principal import Hat, Principal, acting
from passes import custody, distribution, replacing
from passes.blocking import block_booklet
from passes.errors import HandOutRefused, NotReplaceable, StockRefused
from passes.models import Batch, Booklet, Pass, Replacement
from passes.replacing import replace_booklets
from tests.factories import OPERATOR, make_distributor, make_funder
from tests.passes.world import code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db


def replace(batch: Batch, first: int = 0, booklets: int = 1, **terms: Any) -> list[Batch]:
    """As the operator, from the booklet of index `first`."""
    with acting(OPERATOR):
        return replace_booklets(batch=batch, first_booklet=batch.first_booklet + first, booklets=booklets, **terms)


def states(batch: Batch, booklet: int = 0) -> list[str]:
    first = batch.first_booklet + booklet
    with acting(OPERATOR):
        passes = Pass.objects.filter(pk__range=(first << 4, first << 4 | 15)).order_by("pk")
        return list(passes.values_list("state", flat=True))


def test_what_is_left_goes_on_in_a_new_booklet_and_the_lost_one_pays_nothing() -> None:
    batch, till = make_batch(booklets=2), make_till()
    for position in (1, 2, 3):
        assert till.redeem(code_of(batch, 0, position)).status_code == 201
    (made,) = replace(batch)
    assert (made.booklets, made.passes_per_booklet) == (1, 7)
    assert states(batch) == ["redeemed"] * 3 + ["replaced"] * 7
    assert states(batch, 1) == ["open"] * 10
    refused = till.redeem(code_of(batch, 0, 4))
    assert (refused.status_code, refused.json()["code"]) == (422, "blocked")
    assert till.redeem(code_of(made, 0, 7)).status_code == 201
    assert till.redeem(code_of(made, 0, 8)).status_code == 404  # seven passes, not ten
    assert (in_circulation(batch), in_circulation(made)) == (10 * 1000, 6 * 1000)
    with acting(OPERATOR):
        assert compare()[1] == []


def test_the_new_batch_has_the_line_the_terms_and_the_dates_of_the_old() -> None:
    batch = make_batch(booklets=1)
    (made,) = replace(batch)
    same = ("order_id", "line_id", "campaign_id", "funder_id", "face_value_cents", "ends_on", "valid_from",
            "valid_until", "claim_until")  # fmt: skip
    assert [getattr(made, name) for name in same] == [getattr(batch, name) for name in same]
    with acting(OPERATOR):
        moved = Transfer.objects.get(kind=TransferKind.REPLACE)
        assert (moved.event, moved.amount_cents) == (made.uuid, 10_000)
        assert (moved.debit_id, moved.credit_id) == (batch.circulation_id, made.circulation_id)
        stands_for = Replacement.objects.get()
        assert (stands_for.lost_id, stands_for.booklet_id) == (batch.first_booklet, made.first_booklet)
        assert Event.objects.filter(verb="booklets_replaced").count() == 1


def test_a_blocked_booklet_is_replaced_too() -> None:
    batch = make_batch(booklets=1)
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
    (made,) = replace(batch)
    assert states(batch) == ["replaced"] * 10
    assert states(made) == ["open"] * 10


def test_a_leaked_file_makes_one_batch_for_each_number_of_passes_left() -> None:
    batch, till = make_batch(booklets=5), make_till()
    for booklet, used in ((1, 2), (3, 2), (4, 10)):
        for position in range(1, used + 1):
            assert till.redeem(code_of(batch, booklet, position)).status_code == 201
    with acting(OPERATOR):
        left = replacing.left_in(batch.first_booklet, 5)
    assert [(one.booklets, one.passes_each, one.passes) for one in left] == [(2, 10, 20), (2, 8, 16)]
    full, part = replace(batch, booklets=5)
    assert (full.booklets, full.passes_per_booklet) == (2, 10)
    assert (part.booklets, part.passes_per_booklet) == (2, 8)
    with acting(OPERATOR):
        stands_for = dict(Replacement.objects.filter(batch=part).values_list("lost_id", "booklet_id"))
    assert stands_for == {batch.first_booklet + 1: part.first_booklet, batch.first_booklet + 3: part.first_booklet + 1}
    assert in_circulation(batch) == 0


def test_a_second_time_finds_nothing() -> None:
    batch = make_batch(booklets=1)
    replace(batch)
    with pytest.raises(NotReplaceable, match="rien à remplacer"):
        replace(batch)
    with acting(OPERATOR):
        assert Batch.objects.count() == 2


def test_a_replacement_is_lost_in_its_turn() -> None:
    batch, till = make_batch(booklets=1), make_till()
    (second,) = replace(batch)
    assert till.redeem(code_of(second)).status_code == 201
    (third,) = replace(second)
    assert (third.replaces_id, third.passes_per_booklet) == (second.pk, 9)
    assert [in_circulation(one) for one in (batch, second, third)] == [0, 0, 9_000]
    with acting(OPERATOR):
        assert compare()[1] == []


def test_what_was_used_before_can_still_be_undone_and_replaced_again() -> None:
    batch, till = make_batch(booklets=1), make_till()
    redeemed = till.redeem(code_of(batch)).json()
    replace(batch)
    assert till.post(f"redemptions/{redeemed['id']}/void/").status_code == 201
    assert states(batch) == ["blocked"] + ["replaced"] * 9  # whoever found the lost booklet may not use it
    assert till.redeem(code_of(batch)).json()["code"] == "blocked"
    (made,) = replace(batch)
    assert made.passes_per_booklet == 1
    with acting(OPERATOR):
        assert compare()[1] == []


@pytest.mark.parametrize(
    ("first", "booklets", "words"),
    [(-1, 1, "du carnet 1 au carnet 2"), (1, 2, "du carnet 1 au carnet 2"), (0, 0, "du carnet 1 au carnet 2")],
)
def test_a_run_that_leaves_the_batch_is_refused(first: int, booklets: int, words: str) -> None:
    batch = make_batch(booklets=2)
    with pytest.raises(NotReplaceable, match=words):
        replace(batch, first, booklets)
    assert states(batch) == ["open"] * 10


def test_too_many_at_once_is_refused() -> None:
    batch = make_batch(booklets=2)
    batch.booklets = replacing.MOST + 2  # as its row would say
    with acting(OPERATOR), pytest.raises(NotReplaceable, match="500 carnets au plus"):
        replacing.check_replaceable(
            batch, first_booklet=batch.first_booklet, booklets=replacing.MOST + 1, at=timezone.now()
        )


def test_before_its_issue_and_after_its_last_day_a_batch_is_not_replaced() -> None:
    waiting = make_batch(booklets=1, active=False)
    with pytest.raises(NotReplaceable, match="en cours d’émission"):
        replace(waiting)
    batch = make_batch(booklets=1)
    with pytest.raises(NotReplaceable, match="dernier jour"):
        replace(batch, at=batch.valid_until)


def test_only_its_funder_or_the_operator_replaces() -> None:
    batch, stranger = make_batch(booklets=1), make_funder()
    terms = {"batch": batch, "first_booklet": batch.first_booklet, "booklets": 1}
    with acting(stranger.principal), pytest.raises(NotAllowed):
        replace_booklets(**terms)
    with acting(Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="finance")), pytest.raises(NotAllowed):
        replace_booklets(**terms)
    with acting(Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="agent")):
        (made,) = replace_booklets(**terms)
        assert Replacement.objects.get().batch_id == made.pk


def test_a_replaced_booklet_leaves_every_stock() -> None:
    batch, distributor = make_batch(booklets=4), make_distributor()
    with acting(OPERATOR):
        distribution.send_booklets(
            batch=batch, distributor=distributor.organisation, first_booklet=batch.first_booklet, booklets=2
        )
    replace(batch, 0)
    replace(batch, 2)
    with acting(distributor.principal):
        (held,) = custody.holdings(distributor.organisation.pk)
        assert (held.received, held.left) == (1, 1)
        with pytest.raises(HandOutRefused, match="remplacé"):
            distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet))
        assert Replacement.objects.get().distributor_id == distributor.organisation.pk  # its own, not the other
    with acting(OPERATOR):
        assert distribution.next_run(batch) == (batch.first_booklet + 3, 1)
        assert distribution.next_run(batch, distributor.organisation) == (batch.first_booklet + 1, 1)
        assert {one.distributor_id: one.left for one in custody.shares([batch])[batch.pk]} == {
            distributor.organisation.pk: 1,
            None: 1,
        }
        with pytest.raises(StockRefused, match="1 des 2 carnets demandés est déjà confié à un aiguilleur ou remplacé"):
            distribution.send_booklets(
                batch=batch, distributor=distributor.organisation, first_booklet=batch.first_booklet + 2, booklets=2
            )


@pytest.mark.parametrize("state", ["open", "blocked", "expired"])
def test_a_replaced_pass_never_comes_back(state: str) -> None:
    batch = make_batch(booklets=1)
    replace(batch)
    with acting(OPERATOR), pytest.raises(IntegrityError, match="is replaced does not become"), transaction.atomic():
        Pass.objects.filter(pk=batch.first_booklet << 4 | 1).update(state=state)


def test_what_was_used_is_never_replaced() -> None:
    batch, till = make_batch(booklets=1), make_till()
    assert till.redeem(code_of(batch)).status_code == 201
    with acting(OPERATOR), pytest.raises(IntegrityError, match="redeemed does not become"), transaction.atomic():
        Pass.objects.filter(pk=one_pass(batch).pk).update(state=Pass.State.REPLACED, spent_on=None)


@pytest.mark.parametrize("column", ["order_id", "line_id", "campaign_id", "face_value_cents"])
def test_a_replacement_on_other_terms_is_refused(column: str) -> None:
    batch, other = make_batch(booklets=1), make_batch(booklets=1)
    (made,) = replace(batch)
    value = other.face_value_cents + 100 if column == "face_value_cents" else getattr(other, column)
    with acting(OPERATOR), pytest.raises(IntegrityError, match="batch_replaces_on_its_terms"), transaction.atomic():
        Batch.objects.filter(pk=made.pk).update(**{column: value})


def test_a_booklet_stands_for_one_of_the_batch_that_its_own_replaces() -> None:
    batch, other = make_batch(booklets=2), make_batch(booklets=1)
    (made,) = replace(batch)
    with acting(OPERATOR):
        row = Replacement.objects.get()
        for changes, constraint in (
            ({"booklet_id": row.booklet_id}, "passes_replacement_pkey"),
            ({"booklet_id": batch.first_booklet + 1, "batch": batch}, "replacement_between_batches"),
            ({"booklet_id": batch.first_booklet + 1}, "replacement_in_its_batch"),
            ({"booklet_id": other.first_booklet, "batch": other}, "replacement_(in_its_batch|between_batches)"),
        ):
            bad = Replacement(**{
                "booklet_id": row.booklet_id, "lost_id": row.lost_id, "batch": made, "lost_batch": batch,
                "funder_id": batch.funder_id, "replaced_at": row.replaced_at, "replaced_by": uuid.uuid4(), **changes,
            })  # fmt: skip
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                bad.save(force_insert=True)
