"""Open or not, and until when: in words, on the place's own clocks, and asked of the library as rarely as possible."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors import open_now

WEEK = "Mo-Fr 09:00-12:00,14:00-18:30; Sa 10:00-12:00; PH off"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "words"),
    [
        (WEEK, "2026-11-30 09:30", "Ouvert maintenant, jusqu’à 12 h"),
        (WEEK, "2026-11-30 14:00", "Ouvert maintenant, jusqu’à 18 h 30"),
        (WEEK, "2026-11-30 12:00", "Fermé, ouvre à 14 h"),
        (WEEK, "2026-11-30 20:00", "Fermé, ouvre demain à 9 h"),
        (WEEK, "2026-12-05 12:00", "Fermé, ouvre lundi à 9 h"),
        (WEEK, "2026-12-24 20:00", "Fermé, ouvre samedi à 10 h"),  # the 25th is a holiday
        ("Dec 20 10:00-12:00", "2026-11-30 09:30", "Fermé, ouvre le 20 décembre à 10 h"),
        ("Mo 22:00-26:00", "2026-11-30 22:00", "Ouvert maintenant, jusqu’à demain, 2 h"),
        ("24/7", "2026-11-30 09:30", "Ouvert maintenant"),
        ("off", "2026-11-30 09:30", "Fermé"),
        ("", "2026-11-30 09:30", ""),
    ],
)
def test_what_is_said(hours: str, moment: str, words: str) -> None:
    assert open_now.said(hours, at(moment)).replace("\xa0", " ") == words


def test_an_island_lives_by_its_own_clocks() -> None:
    """Half past eight in Paris is half past eleven at La Réunion, and night in Guadeloupe."""
    moment = at("2026-11-30 07:30")
    found = {code: open_now.standing("Mo 11:00-12:00", moment, code).open for code in ("33", "971", "974")}
    assert found == {"33": False, "971": False, "974": True}
    assert open_now.open_among(["Mo 11:00-12:00", "Mo 14:00-15:00", ""], moment, "974") == ["Mo 11:00-12:00"]


def test_what_was_found_holds_until_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    parsed = open_now._parsed

    def count(expression: str) -> Any:
        asked.append(expression)
        return parsed(expression)

    monkeypatch.setattr(open_now, "_parsed", count)
    monkeypatch.setattr(open_now, "_known", {})
    for moment in ("2026-11-30 09:30", "2026-11-30 10:59"):
        assert open_now.standing(WEEK, at(moment)).open
    assert len(asked) == 1
    assert not open_now.standing(WEEK, at("2026-11-30 11:00")).open
    assert open_now.standing(WEEK, at("2026-11-30 09:30")).open, "a clock that goes back is believed too"
    assert len(asked) == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_now, "_known", {})
    monkeypatch.setattr(open_now, "MOST_KEPT", 3)
    for hour in range(10):
        open_now.standing(f"Mo {hour:02}:00-12:00", at("2026-11-30 09:30"))
    assert len(open_now._known) <= 3
