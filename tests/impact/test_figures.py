"""The same totals wherever they are read: the report, the homes, the public counters, the ledger, the statements.

Each is computed on its own way; the plain counts kept beside the world (`tests/impact/world.py`) judge them all.
"""

from dataclasses import asdict

import pytest

from actors.models import Payout
from actors.statements import lines
from aptic.ledger.balances import balances
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Account
from aptic.tenancy.principal import acting, as_system
from funders.funds import Funds, funds_of
from funders.models import FundingLine
from impact import figures, publishing
from tests.factories import OPERATOR

pytestmark = pytest.mark.pg15
VALUE = 1000


# Paid for good, by hand: the library's first transfer was rejected and its second came back, the third was executed; of
# the running operation one transfer came back and the other is still under way.
PAID = {"old": 7, "running": 0, "fresh": 0}


def of_ledger(kind, purse=None):
    with acting(OPERATOR):
        accounts = Account.objects.filter(kind=kind)
        if purse:
            accounts = accounts.filter(purse=purse)
        return sum(balances(accounts.order_by("id")).values())


@pytest.mark.parametrize("name", ["old", "running", "fresh"])
def test_the_report_of_an_operation_is_what_a_child_would_count(world, name):
    campaign = getattr(world, name)
    mine = world.counted[campaign.pk]
    funder = world.south if name == "running" else world.north
    for principal in (funder.principal, OPERATOR):
        with acting(principal):
            usage = figures.usage(campaign_id=campaign.pk)
            services = figures.used_by("service", campaign_id=campaign.pk)
            communes = figures.used_by("commune", campaign_id=campaign.pk)
            months = figures.used_by("month", campaign_id=campaign.pk)
        assert (usage.issued, usage.handed_out, usage.used, usage.expired, usage.started) == (
            mine.issued, mine.handed_out, mine.used, mine.expired, len(mine.started),
        )  # fmt: skip
        assert usage.paid == PAID[name]
        assert {row[0]: row[1] for row in services} == {k: v for k, v in mine.services.items() if v}
        assert {row[0]: row[1] for row in communes} == {k: v for k, v in mine.communes.items() if v}
        assert sum(row[1] for row in months) == mine.used
        for passes, cents in (
            (usage.issued, usage.issued_cents),
            (usage.used, usage.used_cents),
            (usage.paid, usage.paid_cents),
            (usage.handed_out, usage.handed_out_cents),
            (usage.expired, usage.expired_cents),
        ):
            assert cents == passes * VALUE


@pytest.mark.parametrize("who", ["north", "south", "all"])
def test_the_home_of_a_funder_adds_up_to_what_it_gave(world, who):
    member = getattr(world, who, None)
    with acting(OPERATOR):
        purse = member and member.organisation.purse
        lines_of = FundingLine.objects.filter(funder=member.organisation) if member else FundingLine.objects.all()
    with acting(member.principal if member else OPERATOR):
        money = figures.money(member.organisation.pk if member else None)
    # The balances on the page are the ledger's.
    for kind in (K.SAFEGUARDED, K.RECEIVABLE, K.CREDIT, K.CIRCULATION, K.PAYABLE, K.IN_TRANSFER, K.FEES_DUE, K.VAT_DUE):
        assert getattr(money, kind) == of_ledger(kind, purse), kind
    # What was given is what is somewhere.
    free = money.credit + money.circulation + money.payable + money.in_transfer
    fees = money.fees_due + money.vat_due + money.swept
    assert money.collected + money.receivable == free + fees + money.settled
    # The funding lines, counted line by line on another page, say the same.
    with acting(OPERATOR):
        total = sum(funds_of(lines_of).values(), Funds())
    assert (total.received, total.promised, total.free, total.circulation) == (
        money.collected, money.receivable, money.credit, money.circulation,
    )  # fmt: skip
    with acting(OPERATOR):
        usage = figures.usage(funder_id=member and member.organisation.pk)
    assert total.used == usage.used_cents
    assert usage.issued_cents - usage.used_cents - usage.expired_cents == money.circulation


def test_the_statements_of_actors_add_up_to_what_was_redeemed_and_paid(world):
    """Signed lines of every payout that stands, less those that came back, are the gross of what left."""
    with acting(OPERATOR):
        payouts = list(Payout.objects.exclude(state="released").select_related("settlement"))
        for payout in payouts:
            assert sum(line.cents for line in lines(payout=payout, principal=OPERATOR)) == payout.gross_cents
        gone = [one for one in payouts if one.state in ("sent", "settled", "rejected", "returned")]
        came_back = sum(one.net_cents for one in gone if one.state in ("rejected", "returned"))
        used, money = figures.usage().used_cents, figures.money()
        assert used == sum(one.gross_cents for one in gone) - came_back + money.payable
        assert money.settled == sum(one.net_cents for one in gone if one.state == "settled")
        assert money.fees_due + money.vat_due + money.swept == sum(one.fees_cents for one in gone)
        assert used == sum(figures.ratio(one, at=world.now).earned_cents for one in actors(world))
    for actor in (world.club, world.library):
        organisation = actor[0].site.actor_id
        mine = [one for one in world.redeemed if one[3].pk == organisation]
        with acting(world.actor_principal(actor[0])):
            ratio = figures.ratio(organisation, at=world.now)
        assert (ratio.passes, ratio.earned_cents) == (len(mine), len(mine) * VALUE)


def actors(world):
    return world.club[0].site.actor_id, world.library[0].site.actor_id


def test_the_public_counters_are_the_sum_of_the_reports(world):
    with as_system():
        counted = publishing.count()
    everything = [figures_of(world, name) for name in ("old", "running", "fresh")]
    for name in ("issued", "handed_out", "used", "paid", "expired"):
        assert counted["usage"][name] == sum(getattr(one, name) for one in everything)
        assert counted["usage"][f"{name}_cents"] == sum(getattr(one, f"{name}_cents") for one in everything)
    with acting(OPERATOR):
        money = asdict(figures.money())
    published = counted["money"]
    said = {name for name in money if published[name] is not None}
    # One pass is in a transfer that the bank has not answered: its amount is said with others only.
    ((names, cents),) = published["joined"]
    assert set(money) - said == set(names) == {"payable", "in_transfer", "fees_due", "vat_due", "swept"}
    assert cents == sum(money[name] for name in names)
    assert {name: published[name] for name in said} == {name: money[name] for name in said}


def figures_of(world, name):
    with acting(OPERATOR):
        return figures.usage(campaign_id=getattr(world, name).pk)
