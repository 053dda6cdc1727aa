"""The pure decisions on caps, by a table of cases."""

import pytest

from qualification.cap_rules import Policy, computed_cap, may_depart, may_lower, price

RULE = Policy(20_000_00, 2, 50, 60_000)


@pytest.mark.parametrize(
    ("forecast", "population", "cap"),
    [
        (0, 0, 2),  # never less than the lower bound
        (39_999_99, 10_000, 2),
        (60_000_00, 10_000, 3),
        (79_999_99, 10_000, 3),  # a place is a whole year of an actor
        (2_000_000_00, 10_000, 50),  # the upper bound
        (60_000_00, 300_001, 6),  # the least coverage wins over the forecast
        (2_000_000_00, 6_000_000, 100),  # and over the upper bound
    ],
)
def test_a_cap_is_what_the_ratio_feeds_within_bounds_and_coverage(forecast, population, cap):
    assert computed_cap(RULE, forecast_cents=forecast, population=population) == cap


@pytest.mark.parametrize(
    ("actors", "before", "after", "starves"),
    [(3, 18_000_00, 13_500_00, True), (1, 54_000_00, 27_000_00, False), (0, None, 54_000_00, False)],
)
def test_the_price_of_one_more(actors, before, after, starves):
    cost = price(territory="epci:1", forecast_cents=54_000_00, actors=actors, low_cents=15_000_00)
    assert (cost.before_cents, cost.after_cents, cost.starves) == (before, after, starves)


@pytest.mark.parametrize(
    ("cap", "exceptions", "reason", "allowed"),
    [(3, 0, "", True), (2, 1, "", True), (2, 0, "", False), (2, 0, "  ", False), (0, 0, "Moins de pass.", True)],
)
def test_going_under_those_who_are_there_needs_a_reason(cap, exceptions, reason, allowed):
    assert may_lower(cap=cap, exceptions=exceptions, qualified=3, reason=reason) is allowed


@pytest.mark.parametrize(
    ("cap", "computed", "reason", "allowed"),
    [
        (3, None, "", True),
        (3, 3, "", True),
        (3, 2, "", False),
        (3, 4, "  ", False),
        (0, 4, "Rien n’est commandé.", True),
    ],
)
def test_departing_from_the_ratio_needs_a_reason(cap, computed, reason, allowed):
    assert may_depart(cap=cap, computed=computed, reason=reason) is allowed
