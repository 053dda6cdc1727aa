"""An order sent twice is one order; its id says one thing for ever."""

import uuid
from typing import Any

import pytest

from aptic.tenancy.principal import acting
from funders import services
from funders.errors import OrderKnown
from funders.models import Order
from tests.factories import OPERATOR, make_campaign, make_funder
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15


class Buyer:
    """A funder with two operations, and one id for whatever is ordered."""

    def __init__(self) -> None:
        self.person, self.id = make_funder(), uuid.uuid4()
        self.campaigns = [make_campaign(self.person), make_campaign(self.person)]

    def order(self, which: int = 0, booklets: int = 2) -> Order:
        campaign = self.campaigns[which]
        with acting(self.person.principal):
            line = campaign.lines.get()
            return services.place_order(campaign=campaign, line=line, booklets=booklets, order_id=self.id)


def test_an_order_sent_twice_is_one(fresh_database: Any, together: Any) -> None:
    buyer = Buyer()
    first, second = overlapped(fresh_database, together, buyer.order, buyer.order)
    assert isinstance(second, Order), second
    assert (first.pk, first.number) == (second.pk, second.number)
    with acting(OPERATOR):
        assert Order.objects.count() == 1


@pytest.mark.parametrize("other", [{"booklets": 3}, {"which": 1}])
def test_the_same_id_never_says_anything_else(fresh_database: Any, together: Any, other: dict[str, int]) -> None:
    buyer = Buyer()
    first, second = overlapped(fresh_database, together, buyer.order, lambda: buyer.order(**other))
    assert isinstance(second, OrderKnown), second
    with acting(OPERATOR):
        assert Order.objects.get() == first
        assert (Order.objects.get().booklets, Order.objects.get().number) == (2, first.number)
    buyer.id = uuid.uuid4()
    assert int(buyer.order().number[-4:]) == int(first.number[-4:]) + 1  # the refused one gave its number back
