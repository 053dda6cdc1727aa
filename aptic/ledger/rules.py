"""What a person copies from the bank's or the treasury's paper: a reference and a day that it could have written."""

from datetime import date, timedelta

from aptic.ledger.errors import InvalidFunds

OLDEST_TRANSFER = timedelta(days=366)


def check_reference(reference: str, *, field: str, length: int, what: str) -> str:
    """A bank's or treasury's reference without its outer spaces; raises InvalidFunds when empty or too long."""
    plain = " ".join(reference.split())
    if not plain:
        raise InvalidFunds(f"Écrivez {what}.", field=field)
    if len(plain) > length:
        raise InvalidFunds(f"C’est trop long : {length} caractères au plus.", field=field)
    return plain


def check_transfer_day(day: date, *, today: date, field: str = "received_on") -> None:
    """Raise InvalidFunds for a day to come, or more than a year ago."""
    if day > today:
        raise InvalidFunds("Ce jour n’est pas encore venu.", field=field)
    if today - day > OLDEST_TRANSFER:
        raise InvalidFunds("Ce virement date de plus d’un an : vérifiez l’année.", field=field)
