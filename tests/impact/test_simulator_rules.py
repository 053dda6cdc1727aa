"""The simulator's arithmetic, by a table of cases, and back again."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.simulator_rules import Assumptions, from_actors, from_budget

USUAL = Assumptions()


@pytest.mark.parametrize(
    ("budget", "change", "passes", "used", "people", "yearly", "actors"),
    [
        (104_800_00, {}, 10_000, 6_000, 1_000, 60_000_00, 3),
        (104_799_99, {}, 9_999, 5_999, 999, 59_990_00, 2),
        (0, {}, 0, 0, 0, 0, 0),
        (10_47, {}, 0, 0, 0, 0, 0),
        (10_48, {}, 1, 0, 0, 0, 0),
        (100_000_00, {"fee_percent": Decimal(0)}, 10_000, 6_000, 1_000, 60_000_00, 3),
        (104_800_00, {"use_percent": Decimal(100)}, 10_000, 10_000, 1_000, 100_000_00, 5),
        (104_800_00, {"use_percent": Decimal(38)}, 10_000, 3_800, 1_000, 38_000_00, 1),
        (104_800_00, {"months": 24}, 10_000, 6_000, 1_000, 30_000_00, 1),
        (104_800_00, {"months": 6}, 10_000, 6_000, 1_000, 120_000_00, 6),
        (104_800_00, {"target_cents": 15_000_00}, 10_000, 6_000, 1_000, 60_000_00, 4),
        (104_800_00, {"passes_per_person": 5}, 10_000, 6_000, 2_000, 60_000_00, 3),
    ],
)
def test_what_a_budget_does(budget, change, passes, used, people, yearly, actors):
    done = from_budget(budget, replace(USUAL, **change))
    assert (done.passes, done.used, done.people, done.yearly_cents, done.actors) == (
        passes, used, people, yearly, actors,
    )  # fmt: skip


@pytest.mark.parametrize(("actors", "passes", "budget"), [(0, 0, 0), (1, 3_334, 34_940_32), (3, 10_000, 104_800_00)])
def test_what_keeping_actors_costs(actors, passes, budget):
    done = from_actors(actors, USUAL)
    assert (done.passes, done.budget_cents, done.actors) == (passes, budget, actors)


ASSUMED = st.builds(
    Assumptions,
    face_value_cents=st.integers(100, 10_000),
    fee_percent=st.decimals(0, 20, places=2),
    vat_percent=st.sampled_from([Decimal(0), Decimal(20)]),
    use_percent=st.decimals(5, 100, places=2),
    passes_per_person=st.integers(1, 50),
    months=st.integers(1, 36),
    target_cents=st.integers(1_000_00, 50_000_00),
)


@given(st.integers(1, 300), ASSUMED)
def test_the_reverse_is_enough_and_one_pass_less_is_not(actors, assumed):
    done = from_actors(actors, assumed)
    assert done.actors >= actors
    assert from_budget(done.budget_cents, assumed).passes >= done.passes
    less = from_budget(int((done.passes - 1) * assumed.cost_cents), assumed)
    assert less.actors < actors or less.used == done.used


@given(st.integers(0, 10**10), ASSUMED)
def test_no_euro_appears_or_is_lost(budget, assumed):
    done = from_budget(budget, assumed)
    assert done.budget_cents <= budget
    assert done.face_cents + done.fees_cents == done.budget_cents
    assert done.used * assumed.face_value_cents + done.unused_cents == done.face_cents
