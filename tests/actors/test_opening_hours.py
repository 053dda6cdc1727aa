"""Opening hours: what people type is understood or refused with an example, and said again in French."""

from datetime import UTC, datetime

import pytest

from actors.opening_hours import InvalidHours, in_french, is_open, understand


def plain(text):
    return text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("typed", "expression", "said"),
    [
        ("", "", ""),
        ("Mo,We 14:00-17:00", "Mo,We 14:00-17:00", "Lundi et mercredi, 14 h – 17 h"),
        ("lun-ven 9h-17h", "Mo-Fr 09:00-17:00", "Du lundi au vendredi, 9 h – 17 h"),
        ("mardi et jeudi, 9 h-12 h", "Tu,Th 09:00-12:00", "Mardi et jeudi, 9 h – 12 h"),
        ("Du mardi au samedi de 10h à 19h", "Tu-Sa 10:00-19:00", "Du mardi au samedi, 10 h – 19 h"),
        ("mercredi : 14h-18h30.", "We 14:00-18:30", "Mercredi, 14 h – 18 h 30"),
        ("24/7", "24/7", "Jour et nuit, tous les jours"),
        (
            "lundi au vendredi 9h-12h et 14h-18h ; samedi 10h à 12h ; fermé les jours fériés",
            "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00; PH closed",
            "Du lundi au vendredi, 9 h – 12 h et 14 h – 18 h ; samedi, 10 h – 12 h ; fermé les jours fériés",
        ),
    ],
)
def test_hours_are_understood_and_said(typed, expression, said):
    assert understand(typed) == expression
    assert plain(in_french(expression)) == said
    assert expression == "24/7" or understand(in_french(expression)) == expression


@pytest.mark.parametrize("typed", ["sur rendez-vous", "quand on est là", "Mo-Fr 25:00-26:99", "x" * 400, "<script>"])
def test_what_is_not_hours_is_refused_with_an_example(typed):
    with pytest.raises(InvalidHours) as refusal:
        understand(typed)
    assert refusal.value.field == "opening_hours"
    assert "lundi au vendredi 9h-12h" in refusal.value.next_step


def test_what_is_too_intricate_for_a_sentence_is_said_by_days():
    said = plain(in_french(understand("Mo-Fr 08:00-12:00; week 1-53/2 Sa 10:00-12:00")))
    assert said.startswith("Selon les semaines ; du ")
    assert "lundi, 8 h – 12 h" in said


def test_open_now_knows_the_clock_of_the_place_and_public_holidays():
    hours = "Mo-Fr 09:00-12:00; PH off"
    assert is_open(hours, datetime(2026, 11, 30, 8, 30, tzinfo=UTC))  # 9.30 in France
    assert not is_open(hours, datetime(2026, 11, 30, 11, 30, tzinfo=UTC))
    assert not is_open(hours, datetime(2026, 12, 25, 9, 30, tzinfo=UTC))  # a Friday
    assert is_open("", datetime(2026, 11, 30, 9, tzinfo=UTC)) is None
