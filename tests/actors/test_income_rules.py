"""Shares, concentration, dependence, and what is said of them: for every mix of income."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors.income_rules import (
    IDEAS,
    SEVEN,
    Dependence,
    Kind,
    Mix,
    concentration,
    dependence,
    equal_sources,
    hundredths,
    ideas_for,
    moved,
    open_year,
    risk,
    today,
)

cents = st.integers(min_value=0, max_value=100_000_000_000)
amounts = st.lists(cents, min_size=1, max_size=12)
mixes = st.builds(
    lambda declared, funders: Mix(2025, declared, tuple((f"F{i}", c) for i, c in enumerate(sorted(funders)[::-1]))),
    st.fixed_dictionaries(dict.fromkeys(Kind, cents)),
    st.lists(st.integers(min_value=1, max_value=100_000_000), max_size=5),
)


def mix(passes=0, *, funders=None, **declared):
    given_by = funders if funders is not None else ((("Département", passes),) if passes else ())
    return Mix(2025, {kind: declared.get(kind.value, 0) for kind in Kind}, tuple(given_by))


# --- shares ----------------------------------------------------------------------------------------------------------


@given(amounts)
def test_percents_add_up_to_a_hundred_and_stay_near_the_truth(values):
    found, total = hundredths(values), sum(values)
    assert sum(found) == (100 if total else 0)
    for one, value in zip(found, values, strict=True):
        assert abs(Fraction(one) - (Fraction(value * 100, total) if total else 0)) < 1


@given(mixes)
def test_the_parts_of_a_year_are_the_year(one):
    assert sum(part.cents for part in one.parts) == one.total_cents
    assert [part.passes for part in one.parts] == [True, *[False] * len(Kind)]
    assert 0 <= one.share <= 1


# --- concentration ---------------------------------------------------------------------------------------------------


@given(amounts)
def test_the_index_lies_between_equal_sources_and_a_single_one(values):
    index = concentration(values)
    some = [value for value in values if value]
    if not some:
        assert index is None
        assert equal_sources(index) is None
        return
    assert 1 / len(some) - 1e-9 <= index <= 1 + 1e-9
    assert 1 - 1e-9 <= equal_sources(index) <= len(some) + 1e-9


@given(amounts, st.randoms())
def test_the_index_knows_neither_order_nor_scale(values, dice):
    assume(sum(values))
    shuffled = [value * 3 for value in values]
    dice.shuffle(shuffled)
    assert concentration(shuffled) == pytest.approx(concentration(values))


@pytest.mark.parametrize(
    ("values", "index"), [([10], 1.0), ([5, 5], 0.5), ([1, 1, 1, 1], 0.25), ([3, 1], 0.625), ([0, 0], None)]
)
def test_the_index_of_known_mixes(values, index):
    assert concentration(values) == (pytest.approx(index) if index else None)


# --- dependence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passes", "total", "level"),
    [
        (0, 0, Dependence.NONE), (0, 100, Dependence.NONE), (1, 3, Dependence.BALANCED), (34, 100, Dependence.WATCHED),
        (1, 2, Dependence.WATCHED), (51, 100, Dependence.DEPENDENT), (100, 100, Dependence.DEPENDENT),
    ],
)  # fmt: skip
def test_a_third_and_a_half_are_the_thresholds(passes, total, level):
    assert dependence(passes_cents=passes, total_cents=total) is level


@given(mixes, st.integers(min_value=1, max_value=10**9))
def test_more_of_anything_else_never_makes_one_more_dependent(one, more):
    order = list(Dependence)
    richer = Mix(one.year, {**one.declared, Kind.ROOMS: one.declared[Kind.ROOMS] + more}, one.funders)
    assert order.index(richer.dependence) <= order.index(one.dependence) or one.dependence is Dependence.NONE


def test_one_funder_of_most_passes_is_named():
    leading = mix(funders=(("A", 60), ("B", 40))).leading_funder
    assert (leading.name, leading.share, leading.alone) == ("A", 0.6, True)
    assert not mix(funders=(("A", 50), ("B", 50))).leading_funder.alone
    assert mix(training=10).leading_funder is None


# --- words -----------------------------------------------------------------------------------------------------------


@given(mixes)
def test_there_is_always_something_to_say_in_whole_sentences(one):
    said = risk(one)
    assert said
    for sentence in said:
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0] == "«"


def test_whoever_depends_on_passes_hears_of_what_it_does_not_use_yet():
    said = " ".join(risk(mix(80_00, training=20_00))).replace("\xa0", " ")
    assert "80 % de vos revenus, plus de la moitié" in said
    assert "Un seul commanditaire, « Département », paie 100 %" in said
    assert IDEAS[Kind.ROOMS] in said
    assert IDEAS[Kind.TRAINING] not in said


def test_whoever_is_balanced_among_many_is_left_in_peace():
    said = risk(mix(25, training=25, rooms=25, members=25))
    assert len(said) == 1
    assert "vous tenez" in said[0]


def test_another_single_source_is_a_risk_too():
    said = " ".join(risk(mix(5, other=95))).replace("\xa0", " ")
    assert "« Subventions, dons et autres » fait 95 % de l’année" in said


def test_an_empty_year_compares_nothing():
    assert risk(mix()) == ["Aucun revenu en 2025 : rien à comparer."]
    assert mix().sources is None


def test_each_of_the_seven_has_an_idea_and_those_in_use_are_not_proposed():
    assert set(IDEAS) == set(SEVEN)
    assert len(SEVEN) == 7
    assert ideas_for(mix(**{kind.value: 1 for kind in SEVEN})) == []


@pytest.mark.parametrize(("now", "words"), [(80, "monte de 50"), (20, "descend de 50"), (51, "n’a presque pas bougé")])
def test_a_year_is_set_beside_the_one_before(now, words):
    assert words in moved(mix(now, training=100 - now), mix(50, training=50))


@given(mixes)
def test_with_its_own_passes_today_is_the_year_itself(one):
    now = today(one, passes_cents=one.passes_cents)
    assert (now.share, now.dependence) == (pytest.approx(one.passes_share), one.dependence)


def test_twelve_months_warn_before_the_next_declaration():
    now = today(mix(1_00, training=99_00), passes_cents=101_00)
    assert now.dependence is Dependence.DEPENDENT
    assert 0.5 < now.share < 0.51
    assert today(mix(), passes_cents=0).dependence is Dependence.NONE


def test_the_year_that_is_declared_is_the_last_one_that_is_over():
    assert [open_year(day) for day in (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))] == [2025, 2025, 2026]
