"""Scanners set to another keyboard than the machine, with and without Caps Lock: the server reads what they meant."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from passes import codes, garbled
from tests.passes.keyboards import mistakes, pressed, table, typed

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "garbled.json").read_text())
SERIALS = st.integers(min_value=16, max_value=(1 << 30) - 1)


@given(SERIALS, st.sampled_from(mistakes()), st.booleans())
def test_whatever_the_layouts_a_scan_is_the_code_that_was_printed(serial: int, mistake: tuple, whole: bool) -> None:
    scanner, machine, caps, shift = mistake
    text = codes.encode(serial, 1)
    if whole:
        text = codes.signed_url(serial, 1, batch=7, value_cents=1000, ends_on=date(2027, 12, 31))
    assert codes.parse(typed(pressed(text, scanner, shift=shift), machine, caps)) == codes.Code(1, serial)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["name"])
def test_the_table_of_the_browser(case: dict) -> None:
    assert case["code"] in [codes.normalise(one) for one in (case["text"], *garbled.repairs(case["text"]))]


def test_the_table_is_what_the_keyboards_give() -> None:
    assert table() == TABLE


@given(SERIALS, st.integers(7, 15), st.sampled_from(codes.ALPHABET), st.sampled_from(mistakes()))
def test_a_false_tag_stays_false_whatever_the_layout(serial: int, place: int, letter: str, mistake: tuple) -> None:
    code = codes.encode(serial, 1)
    false = code[:place] + letter + code[place + 1 :]
    assume(code not in garbled.repairs(false))  # W for Z is what a wrong layout writes: that pass is the one meant
    scanner, machine, caps, shift = mistake
    read = codes.parse(typed(pressed(false, scanner, shift=shift), machine, caps))
    assert read is None or (false == code and read == codes.Code(1, serial))


@given(st.text(max_size=600))
def test_no_text_raises(text: str) -> None:
    assert len(list(garbled.repairs(text))) == 5
    codes.parse(text)
