"""What goes wrong leaves every figure right: a use undone after the end, a mistake paid back, what the guarantee pays.

One world, `tests/impact/world.py` and its mishaps; what a child would count beside it judges.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from django.db import connections

from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting, as_system
from funders.funds import Funds, funds_of
from funders.models import FundingLine
from impact import figures, presenting, public_trail, publishing
from tests.conftest import point_at
from tests.factories import OPERATOR
from tests.impact.world import World, build, mishaps
from tests.servers import SERVERS

pytestmark = pytest.mark.pg15
VALUE = 1000


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[str, World]]:
    """As that of `conftest.py`, with its mishaps: the fixture `world` of there reads it."""
    before = connections.settings["default"]["NAME"]
    name = SERVERS.clone()
    with django_db_blocker.unblock():
        point_at(name)
        try:
            built = mishaps(build())
        finally:
            point_at(before)
    yield name, built
    SERVERS.drop_later(name)


def test_the_ledger_itself_is_right(world):
    with acting(OPERATOR):
        assert compare()[1] == []


def test_what_expires_through_a_late_undo_is_counted(world):
    """Undone after the end of its batch, a pass expires under the id of its use and not of the batch."""
    for name in ("old", "late", "running"):
        campaign = getattr(world, name)
        mine = world.counted[campaign.pk]
        for principal in ((world.south if name == "running" else world.north).principal, OPERATOR):
            with acting(principal):
                usage = figures.usage(campaign_id=campaign.pk)
            assert (usage.issued, usage.used, usage.expired) == (mine.issued, mine.used, mine.expired), name
            assert usage.expired_cents == mine.expired * VALUE
    assert world.counted[world.late.pk].expired == 13


def test_what_was_paid_by_mistake_is_owed_back_or_back(world):
    """One use was repaid, one is not yet; a third was retained on what its actor is owed, and leaves nothing."""
    for principal in (world.south.principal, OPERATOR):
        with acting(principal):
            money = figures.money(world.south.organisation.pk)
        assert (money.claim, money.claim_repaid) == (VALUE, VALUE)
        parts = sum(segment.value for segment in presenting.money_segments(money))
        assert parts == money.collected + money.receivable + money.guarantee_granted
    with acting(world.north.principal):
        money = figures.money(world.north.organisation.pk)
    assert (money.claim, money.claim_repaid) == (0, 0)


def test_the_guarantee_is_no_money_of_funders_until_it_grants_some(world):
    with acting(OPERATOR):
        money, funds = figures.money(), funds_of(FundingLine.objects.all())
    assert money.collected == sum(funds.values(), Funds()).received
    assert money.guarantee_granted == VALUE
    parts = [figures_of(member) for member in (world.north, world.south)]
    assert money.safeguarded == sum(one.safeguarded for one in parts)


def test_every_public_sum_agrees(world):
    with as_system():
        published = publishing.count()
    sums = {one.anchor: one for one in public_trail.sums(published)}
    assert {"tout", "pass", "usage"} <= sums.keys()
    assert [one for one in sums.values() if one.gap] == []
    said = {term.label for one in sums.values() for term in one.left}
    assert {"À rembourser par les acteurs", "Remboursé par les acteurs", "Versé par la garantie"} <= said
    # Said in full, as the operator reads them, all four agree.
    with acting(OPERATOR):
        money, usage = figures.money(), figures.usage()
    usage = asdict(usage) | {"issuing_cents": 0}
    in_full = public_trail.sums({"usage": usage, "money": asdict(money) | {"joined": []}})
    assert [(one.anchor, one.gap) for one in in_full] == [("tout", 0), ("recu", 0), ("pass", 0), ("usage", 0)]


def figures_of(member):
    with acting(member.principal):
        return figures.money(member.organisation.pk)
