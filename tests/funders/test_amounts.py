"""Amounts as people type them, and the pure rules around them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from aptic import french
from aptic.forms import EurosField
from aptic.ledger.errors import InvalidAmount
from aptic.siret import InvalidSiret, check_siret
from funders import rules
from funders.errors import InvalidCampaign

CENTS = st.integers(min_value=1, max_value=rules.MAX_FUNDS_CENTS)


@given(CENTS)
def test_an_amount_written_in_french_is_read_back_to_the_cent(cents):
    field = EurosField()
    assert field.clean(french.euros(cents)) == cents
    assert field.clean(f"{cents // 100},{cents % 100:02d}") == cents
    assert field.clean(f"{cents // 100}.{cents % 100:02d} €") == cents
    assert field.clean(field.prepare_value(cents)) == cents


@given(st.text(max_size=20))
def test_anything_typed_is_an_amount_of_whole_cents_or_a_sentence(typed):
    try:
        cents = EurosField().clean(typed)
    except ValidationError as refusal:
        cents = None
        said = refusal.messages
    assert said if cents is None else cents >= 1


@pytest.mark.parametrize("typed", ["0", "-5", "1,234", "1.234,50", "12,5,0", "1e3", "dix", "", "9" * 13, "1/2", "١٢x"])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValidationError):
        EurosField().clean(typed)


@given(st.integers(max_value=0) | st.integers(min_value=rules.MAX_FUNDS_CENTS + 1))
def test_absurd_sums_are_refused_with_a_sentence(cents):
    with pytest.raises(InvalidAmount) as refusal:
        rules.check_funds(cents)
    assert refusal.value.text.endswith((".", "€"))


@given(CENTS)
def test_every_other_sum_passes(cents):
    rules.check_funds(cents)


TERMS = {
    "starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2027, 12, 31), "face_value_cents": 1000,
    "passes_per_booklet": 10, "passes_per_day": None, "claim_days": 31,
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ends_on", dt.date(2026, 12, 31)), ("ends_on", dt.date(2040, 1, 1)), ("face_value_cents", 99),
        ("face_value_cents", 100_001), ("passes_per_booklet", 7), ("passes_per_day", 0), ("passes_per_day", 11),
        ("claim_days", -1), ("claim_days", 400),
    ],
)  # fmt: skip
def test_terms_that_contradict_each_other_name_their_field(field, value):
    with pytest.raises(InvalidCampaign) as refusal:
        rules.check_terms(**{**TERMS, field: value})
    assert refusal.value.field == field


def test_terms_that_agree_pass():
    rules.check_terms(**TERMS)


@given(st.sets(st.integers(1, 20)))
def test_opening_a_service_opens_the_finer_ones_and_is_stable(chosen):
    finer = {1: [101, 102], 2: [103]}
    opened = rules.with_finer(chosen, finer)
    assert set(opened) >= chosen
    assert rules.with_finer(opened, finer) == opened
    assert (101 in opened) == (1 in chosen)


@pytest.mark.parametrize("typed", ["732 829 320 00074", "356 000 000 00048", "356.000.000.49837"])
def test_a_siret_is_read_as_people_type_it(typed):
    assert len(check_siret(typed)) == 14


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("73282932000075", "clé de contrôle"),
        ("732829320", "SIREN"),
        ("7328293200007", "13"),
        ("7328293200007A", "chiffres"),
        ("", "chiffres"),
        ("35600000049838", "clé de contrôle"),
    ],
)
def test_a_wrong_siret_is_refused_with_what_is_wrong(typed, said):
    with pytest.raises(InvalidSiret, match=said):
        check_siret(typed)
