"""Codes: what was printed is read back however it is typed, and nothing else is."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from passes import codes, garbled

SERIALS = st.integers(min_value=16, max_value=(1 << 30) - 1)


@given(SERIALS, st.sampled_from([1, 31]))
def test_a_code_carries_its_serial_and_its_key(serial: int, version: int) -> None:
    code = codes.encode(serial, version)
    assert len(code) == 16
    assert codes.parse(code) == codes.Code(version, serial)
    assert codes.short(serial, version) == code[:7]


@given(SERIALS)
def test_typing_it_badly_is_typing_it_well(serial: int) -> None:
    code = codes.encode(serial, 1)
    typed = codes.grouped(code).lower().replace("0", "o").replace("1", "l")
    assert codes.parse(typed) == codes.Code(1, serial)
    assert codes.parse(f"  {code[:8]}\u00a0{code[8:]} ") == codes.Code(1, serial)


@given(SERIALS, st.integers(0, 15), st.sampled_from(codes.ALPHABET))
def test_another_letter_anywhere_is_another_code(serial: int, place: int, letter: str) -> None:
    code = codes.encode(serial, 1)
    changed = code[:place] + letter + code[place + 1 :]
    assume(code not in garbled.repairs(changed))  # W for Z is what a wrong layout writes: that pass is the one meant
    assert changed == code or codes.parse(changed) is None


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    assert codes.parse(text) is None


@pytest.mark.parametrize("text", ["", "7Q2K", "U" * 16, "0" * 16, "/p/", "https://x/p/AAAA"])
def test_what_is_not_a_code(text: str) -> None:
    assert codes.parse(text) is None


def test_the_qr_is_signed_and_its_address_is_read_as_the_code() -> None:
    url = codes.signed_url(5 << 4 | 3, 1, batch=7, value_cents=1000, ends_on=date(2027, 12, 31))
    assert len(url) <= 172
    assert set(url) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert codes.parse(url) == codes.Code(1, 5 << 4 | 3)
    code, signed = url.split("/P/")[1].split("/")
    assert codes.verify_signed(code, signed) == codes.SignedFacts(7, 1000, date(2027, 12, 31))
    other = codes.encode(5 << 4 | 4, 1)
    assert codes.verify_signed(other, signed) is None
    assert codes.verify_signed(code, signed[:-2] + "00") is None
