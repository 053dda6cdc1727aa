"""How amounts, dates and codes are written in French, for pages, PDFs, e-mails and plots alike.

Pure functions. All spaces inside a value are U+00A0: our typeface has no narrow one, and a value never breaks.
"""

import datetime as dt
import re

from django.utils import timezone

NBSP = "\xa0"
MINUS = "\u2212"
NOTHING = "\u2013"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def number(value: float | int | None, places: int = 0) -> str:
    """A count or measure with `places` decimals: 12345 → "12 345", −1.5 → "−1,5"; none → "–"."""
    if value is None:
        return NOTHING
    text = f"{abs(value):,.{places}f}".replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if value < 0 and any(c in text for c in "123456789") else text


def euros(cents: int | None) -> str:
    """An amount of cents: 1000 → "10 €", 123450 → "1 234,50 €"."""
    if cents is None:
        return NOTHING
    units, rest = divmod(abs(int(cents)), 100)
    sign = MINUS if cents < 0 else ""
    decimals = f",{rest:02d}" if rest else ""
    return f"{sign}{number(units)}{decimals}{NBSP}€"


def percent(share: float | None, places: int = 0) -> str:
    """A share between 0 and 1: 0.613 → "61 %"."""
    return NOTHING if share is None else f"{number(share * 100, places)}{NBSP}%"


def _day(value: dt.date) -> dt.date:
    """The Paris day of an instant; a plain date as it is."""
    if isinstance(value, dt.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def date(value: dt.date | None) -> str:
    """A date or instant in full: "31 décembre 2027", "1er mars 2027"."""
    if value is None:
        return NOTHING
    day = _day(value)
    return NBSP.join(("1er" if day.day == 1 else str(day.day), MONTHS[day.month - 1], str(day.year)))


def time(value: dt.datetime | dt.time | None) -> str:
    """The hour of an instant, in local time: "14 h 05"."""
    if value is None:
        return NOTHING
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value.hour}{NBSP}h{NBSP}{value.minute:02d}"


def moment(value: dt.datetime | None) -> str:
    """An instant in full, in local time: "31 décembre 2027 à 14 h 05"."""
    return NOTHING if value is None else f"{date(value)} à {time(value)}"


def month(value: dt.date | None) -> str:
    """A month in full: "décembre 2027"."""
    if value is None:
        return NOTHING
    day = _day(value)
    return f"{MONTHS[day.month - 1]}{NBSP}{day.year}"


def short_month(value: dt.date) -> str:
    """A month for the axis of a plot: "déc. 27"."""
    day = _day(value)
    return f"{SHORT_MONTHS[day.month - 1]}{NBSP}{day.year % 100:02d}"


def agree(count: float | None, forms: str) -> str:
    """The form of a word for a count: "carnet" (regular), "lieu,lieux", "pass,pass"; 0 and 1.5 are singular."""
    one, _, many = forms.partition(",")
    if abs(count or 0) < 2:
        return one
    return many or f"{one}s"


def plural(count: float | None, forms: str) -> str:
    """A count with its word: 3 and "carnet" → "3 carnets"."""
    return f"{number(count)}{NBSP}{agree(count, forms)}"


def kilometres(km: float | None) -> str:
    """A distance: 16.54 → "16,5 km", 42.3 → "42 km"; less than one → "moins d’un km"."""
    if km is None:
        return NOTHING
    return f"moins d’un{NBSP}km" if km < 1 else f"{number(km, 1 if km < 20 else 0)}{NBSP}km"


def days(value: float | dt.timedelta | None) -> str:
    """A duration in days: 9 → "9 jours"; less than one day → "moins d’un jour"."""
    if value is None:
        return NOTHING
    count = value.total_seconds() / 86400 if isinstance(value, dt.timedelta) else value
    return f"moins d’un{NBSP}jour" if 0 < count < 1 else plural(round(count), "jour")


def phone(value: str | None) -> str:
    """A French number in pairs: "+33500000000" → "05 00 00 00 00"; another country's number as it is."""
    digits = re.sub(r"[^\d+]", "", value or "")
    digits = re.sub(r"^(?:\+33|0033)0?", "0", digits)
    if not re.fullmatch(r"0\d{9}", digits):
        return value or ""
    return NBSP.join(digits[i : i + 2] for i in range(0, 10, 2))


def phone_link(value: str | None) -> str:
    """The address behind a phone button: "05 00 00 00 00" → "tel:+33500000000"."""
    digits = re.sub(r"[^\d+]", "", value or "")
    return f"tel:{re.sub(r'^0(?=[1-9])', '+33', digits)}"


def siret(value: str | None) -> str:
    """A SIRET as people read it: "123 456 789 00012" (a SIREN: "123 456 789")."""
    digits = re.sub(r"\s", "", value or "")
    if not re.fullmatch(r"\d{9}(\d{5})?", digits):
        return value or ""
    return NBSP.join(part for part in (digits[:3], digits[3:6], digits[6:9], digits[9:]) if part)


def groups(code: str | None, size: int = 4) -> list[str]:
    """The groups of a code: "7Q2K9XM4T8WAVN3C" → ["7Q2K", "9XM4", "T8WA", "VN3C"]."""
    plain = re.sub(r"[\s-]", "", code or "")
    return [plain[i : i + size] for i in range(0, len(plain), size)]
