"""The questionnaire, in pure functions: which questions are asked, what is missing, what the answers are worth.

`content` is {"sections": [{"key", "title", "intro", "questions": [question]}]}; a question is {"key", "text", "hint",
"kind", "required", "choices": [{"key", "label"}], "condition": {"question", "values"} or None}. `answers` is
{question: value}: a choice's key, a list of them, an integer or a text. `points` is {question: {choice: points}}; of a
number, {"3": 5} gives five points from three on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Content = Mapping[str, Any]
Answers = Mapping[str, Any]
Points = Mapping[str, Mapping[str, int]]

KINDS = {
    "yes_no": "Oui ou non",
    "choice": "Un choix",
    "choices": "Plusieurs choix",
    "number": "Un nombre",
    "text": "Un texte",
}
YES_NO = ({"key": "yes", "label": "Oui"}, {"key": "no", "label": "Non"})
WITH_CHOICES = ("choice", "choices")


@dataclass(frozen=True, slots=True)
class Line:
    """What one question brought: `maximum` is the most that any answer to it could."""

    key: str
    points: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Score:
    """Points out of the most that the questions asked could give, question by question."""

    lines: tuple[Line, ...]

    @property
    def points(self) -> int:
        """Points obtained."""
        return sum(line.points for line in self.lines)

    @property
    def maximum(self) -> int:
        """Points that could have been."""
        return sum(line.maximum for line in self.lines)

    @property
    def percent(self) -> int:
        """Rounded down, so that a mark is never reached by rounding; 0 when nothing is worth anything."""
        return self.points * 100 // self.maximum if self.maximum else 0


def years_later(at: datetime, years: int) -> datetime:
    """The same day some years later; the 29th of February ends on the 1st of March."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)


def questions_of(content: Content) -> Iterator[Mapping[str, Any]]:
    """Every question, in order."""
    for section in content.get("sections", ()):
        yield from section["questions"]


def choices_of(question: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    """What can be chosen; nothing for a number or a text."""
    return YES_NO if question["kind"] == "yes_no" else tuple(question.get("choices") or ())


def is_asked(question: Mapping[str, Any], answers: Answers) -> bool:
    """Whether its condition holds: none, or the other question has one of the values."""
    condition = question.get("condition")
    if not condition:
        return True
    given = answers.get(condition["question"])
    return bool(set(condition["values"]) & set(given if isinstance(given, list) else [given]))


def asked(content: Content, answers: Answers) -> list[Mapping[str, Any]]:
    """The questions that these answers lead to; what hangs on a question that is not asked is not asked either."""
    found: list[Mapping[str, Any]] = []
    for question in questions_of(content):
        known = {one["key"]: answers.get(one["key"]) for one in found}
        if is_asked(question, known):
            found.append(question)
    return found


def is_empty(value: Any) -> bool:
    """No answer: zero and « non » are answers."""
    return value is None or value in ("", [])


def missing(content: Content, answers: Answers) -> list[str]:
    """The keys of the questions asked, required and not answered."""
    return [
        question["key"]
        for question in asked(content, answers)
        if question.get("required") and is_empty(answers.get(question["key"]))
    ]


def kept(content: Content, answers: Answers) -> dict[str, Any]:
    """The answers to questions that are asked: what was answered before another choice hid its question is left out."""
    return {one["key"]: answers[one["key"]] for one in asked(content, answers) if not is_empty(answers.get(one["key"]))}


def score(content: Content, points: Points, answers: Answers) -> Score:
    """What the answers are worth. Questions that are not asked count neither way; texts are for people to read."""
    return Score(
        tuple(_line(one, points.get(one["key"], {}), answers.get(one["key"])) for one in asked(content, answers))
    )


def _line(question: Mapping[str, Any], points: Mapping[str, int], value: Any) -> Line:
    kind, key = question["kind"], question["key"]
    if kind == "choices":
        won = sum(points.get(each, 0) for each in set(value or ()))
        return Line(key, max(won, 0), sum(each for each in points.values() if each > 0))
    best = max([0, *points.values()])
    if kind == "number":
        reached = [(int(floor), each) for floor, each in points.items() if value is not None and value >= int(floor)]
        return Line(key, max(reached)[1] if reached else 0, best)
    return Line(key, points.get(value, 0) if isinstance(value, str) else 0, best)


def faults(content: Content, points: Points) -> list[str]:
    """Why a version cannot be published, one French sentence each; empty when it can."""
    found: list[str] = []
    before: dict[str, Mapping[str, Any]] = {}
    for section in content.get("sections", ()):
        if not section["questions"]:
            found.append(f"La partie « {section['title']} » n’a aucune question.")
    for question in questions_of(content):
        found += _faults_of(question, points.get(question["key"], {}), before)
        if question["key"] in before:
            found.append(f"Deux questions portent le nom « {question['key']} ».")
        before[question["key"]] = question
    if not before:
        found.append("Le questionnaire est vide.")
    if stray := sorted(set(points) - set(before)):
        found.append(f"Le barème nomme des questions qui n’existent pas : {', '.join(stray)}.")
    return found


def _faults_of(
    question: Mapping[str, Any], points: Mapping[str, int], before: Mapping[str, Mapping[str, Any]]
) -> Iterable[str]:
    text, keys = question["text"], {each["key"] for each in choices_of(question)}
    if question["kind"] in WITH_CHOICES and len(keys) < 2:
        yield f"« {text} » : proposez au moins deux choix."
    if question["kind"] == "text" and points:
        yield f"« {text} » : un texte ne se note pas."
    if question["kind"] not in ("number", "text") and set(points) - keys:
        yield f"« {text} » : le barème nomme un choix qui n’existe pas."
    if condition := question.get("condition"):
        other = before.get(condition["question"])
        if other is None:
            yield f"« {text} » dépend d’une question qui ne vient pas avant elle."
        elif not set(condition["values"]) <= {each["key"] for each in choices_of(other)}:
            yield f"« {text} » dépend d’une réponse que « {other['text']} » ne propose pas."
