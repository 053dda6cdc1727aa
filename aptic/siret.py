"""The SIRET, the one number every French organisation has: read as people type it, refused with a clear sentence."""

import re

from stdnum import exceptions
from stdnum.fr import siret

from aptic.errors import DomainError


class InvalidSiret(DomainError):
    """The number is no SIRET: wrong length, other characters, or a key that does not match."""

    code = "invalid_siret"
    message = "Ce SIRET n’est pas valable : sa clé de contrôle ne correspond pas."
    next_step = "Vérifiez les 14 chiffres sur l’avis de situation de l’organisation (Insee)."


def check_siret(typed: str, *, field: str | None = "siret") -> str:
    """The 14 digits of a SIRET typed with or without spaces, dots or dashes.

    La Poste's establishments follow their own rule (the sum of the digits is a multiple of 5), which stdnum knows.
    Raises InvalidSiret, whose sentence says what is wrong.
    """
    digits = re.sub(r"[\s.\-]", "", typed)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidSiret("Un SIRET ne compte que des chiffres.", field=field)
    if len(digits) == 9:
        raise InvalidSiret("Ces 9 chiffres sont un SIREN : il manque les 5 chiffres de l’établissement.", field=field)
    if len(digits) != 14:
        raise InvalidSiret(f"Un SIRET compte 14 chiffres, vous en avez écrit {len(digits)}.", field=field)
    try:
        return siret.validate(digits)
    except exceptions.ValidationError as error:
        raise InvalidSiret(field=field) from error
