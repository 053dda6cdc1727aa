"""Opening hours, kept in OpenStreetMap's syntax as the national schema asks: read as people type them, said in French.

Parsing, holidays and « open now » are the library's (`opening_hours`, French public holidays); the words are ours.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache

import opening_hours
from django.utils import timezone

from aptic.errors import DomainError
from aptic.french import WEEKDAYS

MAX = 300  # characters of an expression
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_OF = {**dict(zip(DAYS, WEEKDAYS, strict=True)), "PH": "jours fériés"}
_RULE = re.compile(r"(?P<days>(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)[-,]?)+)?\s*(?P<times>[\d:,-]+|off|closed|open)?")
_FRENCH = (
    (r"\bjours? f[ée]ri[ée]s?\b", "PH"),
    *((rf"\b(?:{name}|{name[:3]}\.?)(?=\W|$)", day) for day, name in zip(DAYS, WEEKDAYS, strict=True)),
    (r"\b(?:ferm[ée]e?s?)\b", "off"),
    (r"\b(?:du|de|le|les)\b", " "),
    (r"(?<=[a-z0-9])\s*\b(?:au|à|a)\b\s*", "-"),
    (r"\s*\b(?:et|puis)\b\s*", ","),
    (r"\b(\d{1,2})\s*(?:h|:)\s*(\d{2})\b", r"\1:\2"),
    (r"\b(\d{1,2})\s*h\b", r"\1:00"),
    (r"\s*[-–—]\s*", "-"),
    (r"\s*,\s*", ","),
    (r"\b(\d):", r"0\1:"),
)


# Its stubs forget it.
ParserError: type[Exception] = opening_hours.ParserError  # type: ignore[attr-defined]


class InvalidHours(DomainError):
    """Neither the open syntax nor a French that we understand."""

    code = "invalid_hours"
    message = "Nous ne comprenons pas ces horaires."
    next_step = "Écrivez par exemple : lundi au vendredi 9h-12h, 14h-18h ; samedi 10h-12h."


def understand(typed: str) -> str:
    """The expression, in the library's usual form, of hours typed in the open syntax or in plain French.

    >>> understand("lundi au vendredi 9h-12h et 14h-18h30 ; samedi 10h à 12h ; fermé les jours fériés")
    'Mo-Fr 09:00-12:00,14:00-18:30; Sa 10:00-12:00; PH closed'
    >>> understand("Mo,We 14:00-17:00")
    'Mo,We 14:00-17:00'

    Empty stays empty. Raises InvalidHours.
    """
    text = " ".join(typed.split()).strip(" ;.")
    if not text:
        return ""
    for candidate in (text, _from_french(text)):
        try:
            found = str(_parsed(candidate).normalize())
        except ParserError:
            continue
        if len(found) <= MAX:
            return found
    raise InvalidHours(field="opening_hours")


def is_open(expression: str, at: datetime) -> bool | None:
    """Whether it is open at `at`, in the time zone of the site's clocks; None when nobody said its hours."""
    return bool(_parsed(expression).is_open(_local(at))) if expression else None


def in_french(expression: str) -> str:
    """The hours as a sentence; what is too intricate for one is said by next week's days.

    >>> in_french("Mo-Fr 09:00-12:00,14:00-18:30; Sa 10:00-12:00; PH closed").replace(chr(160), " ")
    'Du lundi au vendredi, 9 h – 12 h et 14 h – 18 h 30 ; samedi, 10 h – 12 h ; fermé les jours fériés'
    """
    if not expression:
        return ""
    if expression == "24/7":
        return "Jour et nuit, tous les jours"
    rules = [_rule(part.strip()) for part in expression.split(";")]
    if all(rules):
        sentence = " ; ".join(filter(None, rules))
        return sentence[:1].upper() + sentence[1:]
    return _by_days(expression)


def _local(at: datetime) -> datetime:
    return timezone.localtime(at).replace(tzinfo=None) if timezone.is_aware(at) else at


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> opening_hours.OpeningHours:
    return opening_hours.OpeningHours(expression, country="FR")


def _from_french(text: str) -> str:
    """The open syntax of a French sentence, as far as it is one; the parser judges the result."""
    found = text.lower()
    for pattern, words in _FRENCH:
        found = re.sub(pattern, words, found)
    # « fermé les jours fériés » names the days after the word; the syntax wants them before.
    found = re.sub(r"\boff\s+((?:[A-Z][a-zH][-,]?)+)", r"\1 off", found)
    found = re.sub(r"([A-Z][a-zH])\s*,?\s*[:,]\s*(?=\d)", r"\1 ", found)
    return " ".join(found.split())


def _rule(rule: str) -> str:
    """One rule in words; empty when it is more than days and hours."""
    match = _RULE.fullmatch(rule)
    if match is None or not rule:
        return ""
    days, times = _days(match["days"] or ""), match["times"] or ""
    if times in ("off", "closed"):
        return f"fermé {_when_closed(match['days'] or '')}".strip()
    hours = "toute la journée" if times in ("", "open") else " et ".join(_span(span) for span in times.split(","))
    return f"{days}, {hours}" if days else f"tous les jours, {hours}"


def _when_closed(days: str) -> str:
    return "les jours fériés" if days == "PH" else _days(days)


def _days(days: str) -> str:
    """« du lundi au vendredi », « mardi et jeudi »."""
    parts = []
    for part in filter(None, days.split(",")):
        first, _, last = part.partition("-")
        parts.append(f"du {_DAY_OF[first]} au {_DAY_OF[last]}" if last else _DAY_OF[first])
    return ", ".join(parts[:-1]) + " et " + parts[-1] if len(parts) > 1 else "".join(parts)


def _span(span: str) -> str:
    first, _, last = span.partition("-")
    return f"{_hour(first)} – {_hour(last)}" if last else _hour(first)


def _hour(time: str) -> str:
    hours, _, minutes = time.partition(":")
    return f"{int(hours)} h" + (f" {minutes}" if minutes and minutes != "00" else "")


def _by_days(expression: str) -> str:
    """Next Monday to Sunday, day by day, with the words that this may change from week to week."""
    now = _local(timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = now + timedelta(days=-now.weekday() % 7)
    said = []
    for number, name in enumerate(WEEKDAYS):
        day = monday + timedelta(days=number)
        opened = [
            f"{_hour(start.strftime('%H:%M'))} – {_hour(end.strftime('%H:%M'))}"
            for start, end, state, _ in _parsed(expression).intervals(day, day + timedelta(days=1))
            if state == opening_hours.State.OPEN
        ]
        if opened:
            said.append(f"{name}, {' et '.join(opened)}")
    week = " ; ".join(said) or "fermé cette semaine-là"
    return f"Selon les semaines ; du {monday:%d/%m} au {monday + timedelta(days=6):%d/%m} : {week}"
