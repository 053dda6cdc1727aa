"""Placing and cancelling orders: what is frozen, numbered and refused."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, acting
from funders import services
from funders.errors import CampaignOver, InvalidOrder, OrderNotOpen
from funders.models import Campaign, Order, OrderNumber
from passes import issuance
from tests.factories import OPERATOR, make_campaign, make_funder, make_member, make_operator, make_paid_line

pytestmark = pytest.mark.django_db


def place(campaign, booklets=10, **more):
    return services.place_order(campaign=campaign, line=campaign.lines.first(), booklets=booklets, **more)


def test_an_order_freezes_the_terms_of_its_campaign():
    funder = make_funder()
    campaign = make_campaign(funder, face_value_cents=1500, passes_per_booklet=5)
    with acting(funder.principal):
        order = place(campaign, 12)
        Campaign.objects.filter(pk=campaign.pk).update(face_value_cents=2000, passes_per_booklet=10)
        order.refresh_from_db()
    assert (order.passes, order.amount_cents) == (60, 90_000)
    assert order.placed_by == funder.user.pk
    with acting(funder.principal):
        assert Event.objects.visible_to(funder.principal).about(order).get().verb == "order_placed"


def test_numbers_follow_each_other_and_start_again_each_year():
    funder = make_funder()
    campaign = make_campaign(funder)
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    new_year = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)  # already 2027 in Paris
    with acting(funder.principal):
        numbers = [place(campaign, at=at).number for at in (noon, noon, new_year, noon)]
    assert numbers == ["2026-0001", "2026-0002", "2027-0001", "2026-0003"]


def test_a_refused_order_gives_its_number_back():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        first = place(campaign).number
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            place(campaign)
            1 / 0  # noqa: B018
        second = place(campaign).number
    assert int(second[-4:]) == int(first[-4:]) + 1


def test_the_number_grows_beyond_four_digits():
    with acting(OPERATOR), connection.cursor() as cursor:
        cursor.execute("SELECT funders_next_order_number(2031)")
        assert cursor.fetchone() == ("2031-0001",)
        assert str(OrderNumber.objects.get(year=2031)) == "2031-0001"


def test_nobody_who_serves_may_write_the_counter():
    with acting(OPERATOR), pytest.raises(Exception, match="permission denied"), transaction.atomic():
        OrderNumber.objects.create(year=2040, last=7)


@pytest.mark.parametrize("booklets", [0, -1, 200_001])
def test_a_number_of_booklets_out_of_bounds_is_refused(booklets):
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal), pytest.raises(InvalidOrder, match="200 000"):
        place(campaign, booklets)


def test_the_line_of_another_campaign_is_refused():
    funder = make_funder()
    campaign, other = make_campaign(funder), make_campaign(funder)
    with acting(funder.principal), pytest.raises(InvalidOrder, match="autre opération"):
        services.place_order(campaign=campaign, line=other.lines.first(), booklets=1)


def test_nothing_is_ordered_after_the_last_day_which_is_included():
    funder = make_funder()
    day = dt.date(2026, 6, 30)
    campaign = make_campaign(funder, starts_on=day, ends_on=day)
    with acting(funder.principal):
        place(campaign, at=dt.datetime(2026, 6, 30, 21, 59, tzinfo=dt.UTC))
        with pytest.raises(CampaignOver):
            place(campaign, at=dt.datetime(2026, 6, 30, 22, 1, tzinfo=dt.UTC))


def test_nothing_is_ordered_for_a_closed_campaign():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.CLOSED)
        with pytest.raises(CampaignOver):
            place(campaign)


def test_who_counts_money_does_not_order():
    funder = make_funder()
    campaign = make_campaign(funder)
    finance = make_member(funder.organisation, Hat.FUNDER, Role.FINANCE)
    with acting(finance.principal), pytest.raises(NotAllowed):
        place(campaign)


def test_another_funder_neither_sees_nor_orders():
    campaign = make_campaign()
    line = make_paid_line(campaign)
    stranger = make_funder()
    with acting(stranger.principal):
        assert not Campaign.objects.filter(pk=campaign.pk).exists()
        with pytest.raises(NotAllowed):
            services.place_order(campaign=campaign, line=line, booklets=1)


def test_cancelling_twice_is_the_same_as_once():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        order = place(campaign)
        services.cancel_order(order=order)
        services.cancel_order(order=order)
        assert Order.objects.get(pk=order.pk).state == Order.State.CANCELLED
        assert Event.objects.visible_to(funder.principal).about(order).filter(verb="order_cancelled").count() == 1


@pytest.mark.parametrize("state", [Order.State.FUNDED, Order.State.ISSUED])
def test_an_order_whose_money_has_left_is_not_cancelled(state):
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        order = place(campaign)
        Order.objects.filter(pk=order.pk).update(state=state)
        with pytest.raises(OrderNotOpen):
            services.cancel_order(order=order)


def test_an_order_can_be_issued_once_its_line_covers_it():
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        order = place(campaign, 10)
    make_paid_line(campaign, cents=60_000)
    with acting(make_operator().principal):
        order = Order.objects.with_terms().get(pk=order.pk)
        assert (order.can_issue, order.missing_cents) == (False, 40_000)
    make_paid_line(campaign, cents=40_000)
    with acting(funder.principal):
        order = Order.objects.with_terms().get(pk=order.pk)
        assert (order.can_issue, order.missing_cents) == (True, 0)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"booklets": 0}, "order_booklets"),
        ({"state": "lost"}, "order_state_known"),
    ],
)
def test_the_database_refuses_an_impossible_order(change, constraint):
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal):
        order = place(campaign)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**change)


def test_the_database_refuses_the_line_of_another_tenant():
    mine, theirs = make_funder(), make_funder()
    campaign, other = make_campaign(mine), make_campaign(theirs)
    with acting(mine.principal):
        order = place(campaign)
    with acting(OPERATOR):
        foreign_line = other.lines.first()
    with acting(mine.principal), pytest.raises(IntegrityError, match="order_line_of_campaign"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(line=foreign_line)


def test_an_order_being_issued_is_not_cancelled():
    funder = make_funder()
    campaign = make_campaign(funder)
    line = make_paid_line(campaign)
    with acting(funder.principal):
        order = services.place_order(campaign=campaign, line=line, booklets=1)
    with acting(make_operator().principal):
        issuance.open_batch(order=order)
    with acting(funder.principal), pytest.raises(OrderNotOpen):
        services.cancel_order(order=order)
