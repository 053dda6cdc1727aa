"""The ratio's tables, counted from the small world: the same euros as the homes, once each, for the right readers."""

from datetime import timedelta

import pytest

from aptic.tenancy.principal import acting
from funders import services as funders
from impact import figures, ratio
from impact.models import ActorRatio, TerritoryRatio
from qualification.forecasts import forecasts_of
from tests.factories import OPERATOR

pytestmark = pytest.mark.pg15
GIRONDE, METROPOLE, BEGLES = "departement:33", "epci:243300316", "commune:33039"


@pytest.fixture
def counted(world):
    with acting(OPERATOR):
        done = ratio.count(world.now)
        ratio.write_actors(done)
        ratio.write_territories(done)
    return done


def test_what_an_actor_earned_is_what_its_home_says(world, counted):
    for desk in (world.club[0], world.library[0]):
        actor = desk.site.actor_id
        with acting(OPERATOR):
            row, home = ActorRatio.objects.get(pk=actor), figures.ratio(actor, at=world.now)
            year = figures.actor_year(actor, at=world.now)
        assert row.earned_cents == home.earned_cents > 0
        assert row.days_to_payment == pytest.approx(home.days_to_payment, abs=1e-6)
        assert year.ratio(home.days_to_payment) == home
        assert sum(cents for _, _, cents in year.by_funder) == home.earned_cents
        assert (row.before_cents, row.alert) == (0, "starving")
        assert row.forecast_cents is not None
        assert row.low_cents is None  # two quarters of one département: nothing to judge the forecast by
    with acting(world.people[actor].principal):
        assert ActorRatio.objects.count() == 1
        assert not TerritoryRatio.objects.exists()
    with acting(world.north.principal):
        assert not ActorRatio.objects.exists()
        assert not TerritoryRatio.objects.exists()


def test_territories_nest_and_add_up(world, counted):
    with acting(OPERATOR):
        rows = {row.territory: row for row in TerritoryRatio.objects.all()}
        earned = sum(ActorRatio.objects.values_list("earned_cents", flat=True))
        stock = (
            sum(batch.amount_cents for batch in [world.batch])
            - world.counted[world.running.pk].used * world.batch.face_value_cents
        )
    assert rows["france"].earned_cents == rows[GIRONDE].earned_cents == earned
    assert (rows[METROPOLE].actors, rows[BEGLES].actors) == (2, 1)
    assert rows[GIRONDE].starving == 2
    # What is still held or handed out: the batch that is over counts nothing, rounding loses cents at most.
    assert 0 <= stock - rows[GIRONDE].stock_cents < 100
    assert rows[GIRONDE].lowest_cents <= rows[GIRONDE].median_cents <= rows[GIRONDE].highest_cents
    parts = [row.forecast_cents for key, row in rows.items() if key.startswith("commune:")]
    assert 0 <= rows[GIRONDE].forecast_cents - sum(parts) < 10
    with acting(OPERATOR):
        assert forecasts_of([GIRONDE, "epci:1"])[GIRONDE].cents == rows[GIRONDE].forecast_cents


def test_an_order_is_near_whoever_placed_it_until_its_passes_circulate(world, counted):
    def row():
        with acting(OPERATOR):
            ratio.write_territories(ratio.count(world.now))
            return TerritoryRatio.objects.get(pk=GIRONDE)

    assert row().ordered_cents == 0  # everything is in circulation
    campaign = world.running
    with acting(world.south.principal):
        line = campaign.lines.select_related("account").get()
        order = funders.place_order(campaign=campaign, line=line, booklets=2, at=world.now)
    after, pace = row(), counted.method
    assert after.ordered_cents == order.amount_cents
    assert after.stock_cents == counted.stock["33"]
    assert 0 < after.ordered_forecast_cents == pytest.approx(pace.yearly(order.amount_cents), abs=10)
    assert after.forecast_cents == pytest.approx(pace.yearly(counted.stock["33"]), abs=10), "a forecast has no order"
    with acting(world.south.principal):
        funders.cancel_order(order=order)
    assert row().ordered_cents == row().ordered_forecast_cents == 0


def test_a_second_computation_replaces_the_first(world, counted):
    with acting(OPERATOR):
        before = TerritoryRatio.objects.count()
        TerritoryRatio.objects.create(
            territory="commune:99999", stock_cents=0, earned_cents=0, actors=0, starving=0, overloaded=0,
            computed_at=world.now - timedelta(days=1),
        )  # fmt: skip
        ratio.write_territories(ratio.count(world.now))
        assert TerritoryRatio.objects.count() == before


def test_counting_is_a_fixed_number_of_queries(world, django_assert_num_queries):
    with acting(OPERATOR), django_assert_num_queries(7):  # open orders are one of them
        ratio.count(world.now)
