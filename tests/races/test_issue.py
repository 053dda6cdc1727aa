"""Issuing at the same instant, on real connections: money, order and ids each go to one of the rivals."""

import uuid

import pytest
from django.db import IntegrityError, connections

from aptic.jobs.models import Job
from aptic.ledger.balances import balance
from aptic.ledger.models import Transfer
from aptic.tenancy.principal import acting
from funders import services as funders
from funders.errors import OrderNotOpen
from funders.models import Order
from passes import issuance, printing
from passes.errors import NotFunded, NotIssuable
from passes.models import Batch, Pass, PrintedFile
from tests.factories import OPERATOR, make_campaign, make_funder, make_operator, make_paid_line
from tests.passes.world import make_batch

pytestmark = pytest.mark.pg15


def make_orders(count: int, *, cents: int, booklets: int = 1):
    """So many orders of 100 € a booklet on one line that has `cents`."""
    funder = make_funder()
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=cents)
    with acting(funder.principal):
        return (
            funder,
            line,
            [funders.place_order(campaign=campaign, line=line, booklets=booklets) for _ in range(count)],
        )


def open_batch(order: Order) -> Batch:
    with acting(OPERATOR):
        return issuance.open_batch(order=order)


def test_eight_orders_on_a_line_that_pays_three(fresh_database, together):
    _funder, line, orders = make_orders(8, cents=39_999)
    results = together(8, lambda index: open_batch(orders[index]))
    opened = [one for one in results if isinstance(one, Batch)]
    refused = [one for one in results if isinstance(one, NotFunded)]
    assert (len(opened), len(refused)) == (3, 5), results
    with acting(OPERATOR):
        line.account.refresh_from_db()
        assert line.account.guarded_cents == 9_999
        assert sum(balance(one.circulation) for one in Batch.objects.all()) == 30_000
        assert Order.objects.filter(state=Order.State.FUNDED).count() == 3


def test_one_order_opened_by_eight_people_makes_one_batch(fresh_database, together):
    _funder, line, (order,) = make_orders(1, cents=90_000)
    results = together(8, lambda _: open_batch(order))
    assert len({one.pk for one in results}) == 1, results
    with acting(OPERATOR):
        assert Transfer.objects.filter(kind="issue").count() == 1
        line.account.refresh_from_db()
        assert line.account.guarded_cents == 80_000


def test_ids_of_batches_opened_together_do_not_overlap(fresh_database, together):
    _funder, _line, orders = make_orders(6, cents=10_000_000, booklets=7)
    batches = sorted(together(6, lambda index: open_batch(orders[index])), key=lambda one: one.first_booklet)
    assert [one.first_booklet for one in batches] == [1 + 7 * rank for rank in range(6)]


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_is_issued_or_cancelled_never_both(fresh_database, together, attempt):
    funder, line, (order,) = make_orders(1, cents=10_000)

    def work(index: int):
        if index % 2:
            return open_batch(order)
        with acting(funder.principal):
            return funders.cancel_order(order=Order.objects.get(pk=order.pk))

    issued, cancelled = False, False
    for result in together(4, work):
        assert result is None or isinstance(result, Batch | NotIssuable | OrderNotOpen), result
        issued, cancelled = issued or isinstance(result, Batch), cancelled or result is None
    assert issued != cancelled
    with acting(OPERATOR):
        state = Order.objects.get(pk=order.pk).state
        assert state == (Order.State.FUNDED if issued else Order.State.CANCELLED)
        line.account.refresh_from_db()
        assert line.account.guarded_cents == (0 if issued else 10_000)
        assert Batch.objects.filter(order=order).count() == int(issued)


def test_six_people_press_the_button_and_one_piece_of_work_starts(fresh_database, together):
    _funder, _line, (order,) = make_orders(1, cents=10_000)
    people = [make_operator() for _ in range(6)]

    def work(index: int):
        with acting(people[index].principal):
            return issuance.request_issue(order=order).pk

    assert len(set(together(6, work))) == 1
    with acting(OPERATOR):
        assert Job.objects.filter(kind=issuance.ISSUE).count() == 1


def test_two_workers_that_fill_one_batch_make_each_pass_once(fresh_database, together):
    _funder, _line, (order,) = make_orders(1, cents=400_000, booklets=40)
    batch = open_batch(order)
    results = together(2, lambda _: issuance.fill_batch(batch=batch, principal=OPERATOR, step=3))
    assert all(one is None or isinstance(one, IntegrityError) for one in results), results
    issuance.fill_batch(batch=batch, principal=OPERATOR)
    with acting(OPERATOR):
        assert Pass.objects.filter(batch=batch).count() == 400


def test_printing_asked_by_six_at_once_starts_once_and_each_file_is_kept_once(
    fresh_database, together, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    batch = make_batch(booklets=2)

    def ask(_: int):
        with acting(OPERATOR):
            return printing.request_print(batch=batch).pk

    assert len(set(together(6, ask))) == 1

    def keep(_: int):
        with acting(OPERATOR):
            return printing.keep_file(batch=batch, span=printing.Span(1, 2), content=b"%PDF")

    kept = together(4, keep)
    assert not [one for one in kept if isinstance(one, BaseException)], kept
    with acting(OPERATOR):
        assert PrintedFile.objects.filter(batch=batch).count() == 1


def test_even_the_owner_cannot_issue_more_than_a_line_has(fresh_database):
    _funder, _line, (order,) = make_orders(1, cents=10_000)
    batch = open_batch(order)
    with connections["owner"].cursor() as cursor, pytest.raises(IntegrityError, match="account_never_negative"):
        cursor.execute(
            "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
            " accounted_at) SELECT purse_id, debit_id, credit_id, 1, 'issue', %s, funder_id, now()"
            " FROM ledger_transfer WHERE event = %s",
            [uuid.uuid4(), batch.uuid],
        )
