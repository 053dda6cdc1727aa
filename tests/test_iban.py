"""IBANs as people type them: wrong ones are told apart, down to the French RIB key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as standard

from aptic.iban import InvalidBic, InvalidIban, check_bic, check_iban, rib_key

GOOD = "FR7630006000011234567890189"
ACCOUNTS = st.from_regex(r"[0-9]{10}[0-9A-Z]{11}", fullmatch=True)


def with_keys(country: str, bban: str) -> str:
    """The IBAN of an account, its two check digits computed."""
    return country + standard.calc_check_digits(f"{country}00{bban}") + bban


@pytest.mark.parametrize(
    "typed",
    [
        GOOD,
        "FR76 3000 6000 0112 3456 7890 189",
        "fr76-3000-6000-0112-3456-7890-189",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
        "FR14 2004 1010 0505 0001 3M02 606",
        "MC58 1122 2000 0101 2345 6789 030",
        "DE89 3704 0044 0532 0130 00",
        "BE68 5390 0754 7034",
    ],
)
def test_a_right_one_is_read_as_typed(typed):
    assert check_iban(typed) == "".join(c for c in typed.upper().removeprefix("IBAN") if c.isalnum())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "deux lettres"),
        ("30006000011234567890189", "deux lettres"),
        ("FR76 3000 6000 0112 3456 7890 18", "27 caractères, vous en avez écrit 26"),
        ("FR77 3000 6000 0112 3456 7890 189", "clé de contrôle"),
        ("US64 SVBK US6S 3300 9586 71", "virement SEPA"),
        ("DE89 3704 0044 0532 0130 0", "clé de contrôle"),
        ("FR76 3000 6000 0112 3456 7890 18é", "deux lettres"),
    ],
)
def test_a_wrong_one_says_what_to_look_at(typed, said):
    with pytest.raises(InvalidIban, match=said) as refusal:
        check_iban(typed)
    assert refusal.value.field == "iban"


def test_a_wrong_rib_key_is_found_though_the_iban_key_is_right():
    wrong = with_keys("FR", "30006000011234567890188")
    assert standard.is_valid(wrong)
    with pytest.raises(InvalidIban, match="clé RIB"):
        check_iban(wrong)


@given(ACCOUNTS)
def test_every_french_account_with_its_keys_is_read(account):
    assert check_iban(with_keys("FR", account + rib_key(account)))


@given(ACCOUNTS, st.integers(0, 96))
def test_no_other_rib_key_will_do(account, shift):
    right = int(rib_key(account))
    wrong = (right + shift) % 97 + 1
    if wrong != right:
        with pytest.raises(InvalidIban, match="clé RIB"):
            check_iban(with_keys("FR", f"{account}{wrong:02d}"))


def test_a_bic_may_be_left_out_but_not_made_up():
    assert check_bic("  ") == ""
    assert check_bic("agrifrpp") == "AGRIFRPP"
    assert check_bic("PSST FRPP PAR") == "PSSTFRPPPAR"
    for wrong in ("AGRI", "AGRIFRPP1", "12345678"):
        with pytest.raises(InvalidBic):
            check_bic(wrong)
