"""Codes: what was printed is read back however it is typed, and nothing else is."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aptic.keys import _fresh, public_ring, write_ring
from passes import codes, garbled
from passes.errors import NotPrintable
from passes.knowledge import public_keys

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


Rings = Callable[[list[str], list[str]], None]


@pytest.fixture
def rings(settings: Any) -> Iterator[Rings]:
    """`rings(published, seeds)`: go on as a process that was given these."""

    def forget() -> None:
        codes.public_keys.cache_clear()
        codes._seeds.cache_clear()

    def become(published: list[str], seeds: list[str]) -> None:
        settings.SIGNING_PUBLIC_KEYS, settings.SIGNING_KEYS = published, seeds
        forget()

    yield become
    forget()


def published(*seeds: str) -> list[str]:
    return write_ring(public_ring([], seeds)).split(",")


def printed() -> tuple[str, str]:
    """A code and what its square says beside it."""
    url = codes.signed_url(5 << 4 | 3, 1, batch=7, value_cents=1000, ends_on=date(2027, 12, 31))
    code, signed = url.split("/P/")[1].split("/")
    return code, signed


def test_checking_a_signature_needs_no_seed_and_making_one_does(rings: Rings) -> None:
    seed = _fresh(1)
    rings([], [seed])
    code, signed = printed()
    known = public_keys()
    rings(published(seed), [])
    assert codes.verify_signed(code, signed) == codes.SignedFacts(7, 1000, date(2027, 12, 31))
    assert public_keys() == known
    with pytest.raises(NotPrintable, match="APTIC_SIGNING_KEYS manque"):
        printed()


def test_a_renewed_key_is_known_everywhere_before_it_signs(rings: Rings) -> None:
    old, new = _fresh(1), _fresh(2)
    both = published(old, new)
    rings(both, [old])  # published first
    before = printed()
    rings(both, [old, new])  # then it signs
    after = printed()
    rings(both, [])
    assert list(public_keys()) == ["1", "2"]
    assert all(codes.verify_signed(*each) for each in (before, after))
    rings(published(old), [])  # who was not told takes the new ones for forged
    assert codes.verify_signed(*before)
    assert codes.verify_signed(*after) is None
