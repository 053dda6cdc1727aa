"""Coverage's pure decisions: the grid finds what asking everybody finds; what is missing comes the gravest first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aptic.territories.rules import distance_km
from impact.coverage_rules import (
    NEAR_KM,
    Facts,
    Help,
    Needs,
    Places,
    bits,
    from_bits,
    missing,
    room_cents,
    sites_wanted,
)

# The mainland, La Réunion and both sides of the antimeridian (Wallis lies at 178° W).
POINT = st.one_of(
    st.tuples(st.floats(42, 51), st.floats(-5, 9)),
    st.tuples(st.floats(44.7, 45.0), st.floats(-0.7, -0.3)),
    st.tuples(st.floats(-21.4, -20.8), st.floats(55.2, 55.9)),
    st.tuples(st.floats(-14, -13), st.one_of(st.floats(179.5, 180), st.floats(-180, -179.5))),
)


@settings(deadline=None)
@given(st.lists(st.tuples(POINT, st.integers(0, 3), st.integers(0, 7)), max_size=25), POINT, st.sampled_from([0, 100]))
def test_the_grid_finds_what_asking_every_site_finds(spots, here, few):
    helps = [Help(*at, site, actor, 1 << actor, site % 2 == 0) for site, (at, actor, _) in enumerate(spots)]
    found = Places(helps, few=few).around(*here)
    away = [(distance_km(*here, one.latitude, one.longitude), one) for one in helps]
    if any(abs(km - NEAR_KM) < 1e-6 for km, _ in away):
        return  # on the very edge, two ways of computing may differ
    near = [one for km, one in away if km <= NEAR_KM]
    assert found.nearest_km == (pytest.approx(min(km for km, _ in away), abs=1e-5) if away else None)
    assert (found.sites, found.actors) == (len(near), len({one.actor for one in near}))
    assert found.hours_known == sum(one.hours_known for one in near)
    assert from_bits(found.services) == sorted({one.actor for one in near})


def test_a_site_and_its_round_count_once():
    places = Places([Help(44.8, -0.6, 7, 1, bits([1]), True), Help(44.81, -0.61, 7, 1, bits([1]), True)])
    found = places.around(44.8, -0.6)
    assert (found.sites, found.actors, found.hours_known, found.nearest_km) == (1, 1, 1, 0.0)


NEEDS = Needs(near_percent=80, mean_km=12, actors=2, inhabitants_per_site=30_000, hours_percent=50, services=(1, 2))
GOOD = Facts(90_000, 80_000, 1_000, 6.5, 3, 2, 2, (1, 2, 4), 10_000_00)


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({}, []),
        ({"sites": 0, "actors": 0, "services": (), "hours_known": 0}, ["no_site"]),
        ({"near_population": 71_999}, ["near"]),
        ({"near_population": 72_000}, []),
        ({"mean_km": 12.1}, ["distance"]),
        ({"mean_km": None}, ["distance"]),
        ({"actors": 1}, ["actors"]),
        ({"sites": 2}, ["sites"]),
        ({"services": (1, 4)}, ["services"]),
        ({"hours_known": 1}, ["hours"]),
        ({"room_cents": 0}, ["capacity"]),
        ({"room_cents": None}, []),
        ({"hours_known": 0, "near_population": 0, "room_cents": -1}, ["near", "capacity", "hours"]),
        ({"population": 0, "near_population": 0}, []),
    ],
)
def test_what_is_missing_is_named_the_gravest_first(change, lacks):
    assert missing(replace(GOOD, **change), NEEDS) == lacks


def test_room_is_what_actors_can_take_beside_what_is_expected():
    assert room_cents(actors=2, expected_cents=21_999_99) == 28_000_00
    assert room_cents(actors=0, expected_cents=10_50) == -1_000_00
    assert room_cents(actors=1, expected_cents=0) == 25_000_00
    assert room_cents(actors=0.25, expected_cents=0) == 6_000_00
    assert room_cents(actors=sum([1 / 49] * 49), expected_cents=0) == 25_000_00  # shares are not quite whole


@pytest.mark.parametrize(("population", "sites", "wanted"), [(90_000, 3, 0), (90_001, 3, 1), (0, 0, 0), (10, 0, 1)])
def test_how_many_sites_more(population, sites, wanted):
    assert sites_wanted(replace(GOOD, population=population, sites=sites), NEEDS) == wanted
