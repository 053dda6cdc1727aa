"""Amounts, dates and codes as people in France write them."""

import datetime as dt

import pytest

from aptic import french

S = "\xa0"


@pytest.mark.parametrize(
    ("cents", "written"),
    [
        (0, f"0{S}€"),
        (1000, f"10{S}€"),
        (123450, f"1{S}234,50{S}€"),
        (-5, f"\u22120,05{S}€"),
        (100_000_000, f"1{S}000{S}000{S}€"),
        (None, "\u2013"),
    ],
)
def test_an_amount_is_written_in_euros(cents: int | None, written: str) -> None:
    assert french.euros(cents) == written


@pytest.mark.parametrize(
    ("value", "places", "written"), [(12345, 0, f"12{S}345"), (-1.5, 1, "\u22121,5"), (-0.01, 0, "0"), (2.0, 1, "2,0")]
)
def test_a_number_has_french_separators(value: float, places: int, written: str) -> None:
    assert french.number(value, places) == written


def test_a_share_is_written_in_percents() -> None:
    assert french.percent(0.613) == f"61{S}%"


def test_the_first_of_a_month_is_premier() -> None:
    assert french.date(dt.date(2027, 3, 1)) == f"1er{S}mars{S}2027"


def test_an_instant_is_shown_in_paris_and_may_fall_on_the_next_day() -> None:
    at = dt.datetime(2027, 12, 31, 23, 5, tzinfo=dt.UTC)
    assert french.moment(at) == f"1er{S}janvier{S}2028 à 0{S}h{S}05"
    assert french.month(at) == f"janvier{S}2028"


@pytest.mark.parametrize(
    ("count", "forms", "written"),
    [
        (0, "carnet", f"0{S}carnet"),
        (1, "carnet", f"1{S}carnet"),
        (2, "carnet", f"2{S}carnets"),
        (3, "lieu,lieux", f"3{S}lieux"),
        (5, "pass,pass", f"5{S}pass"),
    ],
)
def test_a_word_agrees_with_its_count(count: int, forms: str, written: str) -> None:
    assert french.plural(count, forms) == written


def test_less_than_a_day_says_so() -> None:
    assert french.days(dt.timedelta(hours=3)) == f"moins d’un{S}jour"
    assert french.days(9.4) == f"9{S}jours"


@pytest.mark.parametrize(
    "typed", ["0500000000", "05 00 00 00 00", "+33500000000", "0033 5 00 00 00 00", "+33 (0)5.00.00.00.00"]
)
def test_a_phone_number_is_read_in_pairs(typed: str) -> None:
    assert french.phone(typed) == S.join(["05", "00", "00", "00", "00"])


def test_a_foreign_number_stays_as_it_is() -> None:
    assert french.phone("+32 2 000 00 00") == "+32 2 000 00 00"


def test_a_phone_button_calls_from_abroad_too() -> None:
    assert french.phone_link("05 00 00 00 00") == "tel:+33500000000"


def test_a_siret_and_a_code_are_grouped() -> None:
    assert french.siret("12345678900012") == f"123{S}456{S}789{S}00012"
    assert french.siret("12") == "12"
    assert french.groups("7q2k-9xm4 t8wavn3c") == ["7q2k", "9xm4", "t8wa", "vn3c"]
