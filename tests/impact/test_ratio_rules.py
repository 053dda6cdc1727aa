"""The ratio's pure decisions: a pace learnt from the past alone, its honest error, and who is starving."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.ratio_rules import FEWEST_TESTS, Method, Origin, alert, learn, shared, spread, trend

STOCK = 10_000_00


def steady(quarters=9, places=3, share=0.25):
    """Every quarter uses the same share, everywhere."""
    return [Origin(ago, f"{place}", STOCK, round(STOCK * share)) for ago in range(quarters) for place in range(places)]


def test_a_steady_past_is_foretold_without_error():
    method = learn(steady())
    assert method.pace == pytest.approx(0.25)
    assert (method.error, method.low, method.high) == pytest.approx((0, 1, 1))
    assert method.yearly(STOCK) == round(STOCK * (1 - 0.75**4))


def test_the_present_teaches_nothing_of_what_comes():
    past = steady()
    silly = [Origin(0, one.place, STOCK * 50, STOCK * 50) for one in past if one.ago == 0]
    assert learn([one for one in past if one.ago] + silly) == learn(past)


def test_without_a_past_there_is_neither_pace_nor_interval():
    assert learn([Origin(0, "33", STOCK, 0)]) == Method(0.0)
    few = learn(steady(quarters=3, places=1))
    assert few.tested == 1 < FEWEST_TESTS
    assert (few.error, few.interval(100)) == (None, (None, None))


def test_the_error_is_that_of_forecasts_made_from_older_quarters_alone():
    """Twice the usual use in the last quarter: the forecast made before it could not know."""
    past = [one if one.ago != 1 else Origin(1, one.place, STOCK, STOCK // 2) for one in steady(places=4)]
    method = learn(past)
    assert method.high == pytest.approx(2.0)
    assert method.error == pytest.approx(0.0)  # the median: most quarters were right
    low, high = method.interval(1000)
    assert (low, high) == (1000, 2000)


@given(
    st.lists(
        st.builds(
            lambda ago, place, stock, share: Origin(ago, place, stock, round(stock * share)),
            st.integers(0, 8), st.sampled_from("ABC"), st.integers(0, 10**8), st.floats(0, 1),
        )
    )
)  # fmt: skip
def test_a_year_never_uses_more_than_the_stock(origins):
    method = learn(origins)
    assert 0 <= method.pace <= 1
    assert 0 <= method.yearly(STOCK) <= STOCK
    if method.low is not None:
        assert method.low <= method.high


@pytest.mark.parametrize(
    ("earned", "pace", "days", "said"),
    [
        (14_999_99, 14_999_99, 400, "starving"),
        (15_000_00, 0, 400, ""),
        (9_000_00, 16_000_00, 400, ""),  # already back
        (25_000_00, 30_000_00, 400, ""),
        (25_000_01, 30_000_00, 400, "overloaded"),
        (30_000_00, 20_000_00, 400, ""),
        (0, 0, 90, "new"),
        (3_000_00, 12_000_00, 91, "starving"),  # 12 033 € a year
        (4_000_00, 16_000_00, 91, ""),
    ],
)
def test_alerts_both_ways(earned, pace, days, said):
    assert alert(earned_cents=earned, pace_cents=pace, days=days) == said


def test_shares_never_exceed_the_whole():
    assert shared(1000, {"a": 1, "b": 2}) == {"a": 333, "b": 667}
    assert shared(1000, {}) == shared(1000, {"a": 0}) == {}


def test_a_spread():
    assert (spread([5, 1, 9]).lowest, spread([5, 1, 9]).median, spread([5, 1, 9]).highest) == (1, 5, 9)
    assert spread([]).median is None


@pytest.mark.parametrize(
    ("earned", "pace", "days", "where"),
    [
        (10_000_00, 11_000_00, 400, "up"), (10_000_00, 9_000_00, 400, "down"), (10_000_00, 10_999_99, 400, "steady"),
        (10_000_00, 9_000_01, 400, "steady"), (10_000_00, 0, 400, "down"), (0, 5_000_00, 400, ""),
        (10_000_00, 40_000_00, 364, ""),
    ],
)  # fmt: skip
def test_a_trend_needs_a_year_and_a_tenth(earned, pace, days, where):
    assert trend(earned_cents=earned, pace_cents=pace, days=days) == where
