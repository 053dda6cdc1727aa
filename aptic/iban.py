"""An IBAN as people type it: read, checked down to the French RIB key, refused with a sentence that helps."""

import re

from stdnum import bic as bics
from stdnum import exceptions, iban

from aptic.errors import DomainError

# Where a SEPA transfer can go (European Payments Council, EPC409-09), by the first letters of an IBAN.
SEPA = re.compile(
    "A[DLT]|B[EG]|C[HYZ]|D[EK]|E[ES]|F[IR]|G[BIR]|H[RU]|I[EST]|L[ITUV]|M[CDEKT]|N[LO]|P[LT]|R[OS]|S[EIKM]|VA"
)
FRENCH_LENGTH = 27
# A letter of a French account number counts as a digit: A and J are 1, B, K and S are 2 and so on.
_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


class InvalidIban(DomainError):
    """An IBAN whose length, key, bank or RIB key is wrong; the sentence says what to look at."""

    code = "invalid_iban"
    message = "Cet IBAN n’est pas valable : sa clé de contrôle ne correspond pas."
    next_step = "Recopiez-le depuis votre relevé d’identité bancaire (RIB)."


class InvalidBic(DomainError):
    """A BIC that no bank can have."""

    code = "invalid_bic"
    message = "Ce BIC n’est pas valable : il compte 8 ou 11 lettres et chiffres."
    next_step = "Recopiez-le depuis votre RIB, ou laissez ce champ vide."


def check_iban(typed: str) -> str:
    """The IBAN without spaces. Raises InvalidIban, whose sentence says what to look at."""
    number = re.sub(r"[\s.\-]", "", typed).upper().removeprefix("IBAN")
    country = number[:2]
    if not (number.isascii() and number.isalnum() and country.isalpha()):
        raise InvalidIban("Un IBAN commence par deux lettres, puis des chiffres et des lettres.", field="iban")
    if not SEPA.fullmatch(country):
        raise InvalidIban(f"Un IBAN qui commence par {country} ne peut pas recevoir de virement SEPA.", field="iban")
    if country == "FR" and len(number) != FRENCH_LENGTH:
        raise InvalidIban(f"Un IBAN français compte 27 caractères, vous en avez écrit {len(number)}.", field="iban")
    try:
        iban.validate(number, check_country=False)  # lists of banks age: France’s key is checked below
    except exceptions.ValidationError as error:
        raise InvalidIban(field="iban") from error
    if country in {"FR", "MC"} and number[-2:] != rib_key(number[4:-2]):
        raise InvalidIban("La clé RIB (les deux derniers chiffres) ne correspond pas au compte.", field="iban")
    return number


def rib_key(account: str) -> str:
    """The two digits that end a French account number, from its bank (5), branch (5) and account (11 characters).

    >>> rib_key("300060000112345678901")
    '89'
    """
    bank, branch, number = (int(part.translate(_LETTERS)) for part in (account[:5], account[5:10], account[10:]))
    return f"{97 - (89 * bank + 15 * branch + 3 * number) % 97:02d}"


def check_bic(typed: str) -> str:
    """The BIC without spaces; empty stays empty, since a SEPA transfer needs none. Raises InvalidBic."""
    code = re.sub(r"\s", "", typed).upper()
    if not code:
        return ""
    try:
        return bics.validate(code)
    except exceptions.ValidationError as error:
        raise InvalidBic(field="bic") from error
