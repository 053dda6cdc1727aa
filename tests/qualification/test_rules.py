"""The questionnaire's arithmetic, by a table of cases, and what makes a version fit to be published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification import first_referential as first
from qualification import rules


def question(key, kind="choice", *, required=True, choices=("a", "b", "c"), condition=None):
    listed = [{"key": one, "label": one.upper()} for one in choices] if kind in rules.WITH_CHOICES else []
    return {"key": key, "text": f"Question {key} ?", "hint": "", "kind": kind, "required": required,
            "choices": listed, "condition": condition}  # fmt: skip


def content(*questions):
    return {"sections": [{"key": "s", "title": "Partie", "intro": "", "questions": list(questions)}]}


ONE = content(question("q"))
MANY = content(question("q", "choices"))
NUMBER = content(question("q", "number"))
YES_NO = content(question("q", "yes_no"))
TEXT = content(question("q", "text"))
IF_A = {"question": "q", "values": ["a"]}
CHAIN = content(
    question("q"),
    question("r", condition=IF_A),
    question("s", "yes_no", condition={"question": "r", "values": ["b", "c"]}),
)
CHAIN_POINTS = {"q": {"a": 2, "b": 4}, "r": {"a": 1, "b": 3}, "s": {"yes": 5}}
STEPS = {"1": 2, "3": 4, "10": 5}


@pytest.mark.parametrize(
    ("asked", "points", "answers", "got"),
    [
        (ONE, {"q": {"a": 4, "b": 2}}, {"q": "a"}, (4, 4)),
        (ONE, {"q": {"a": 4, "b": 2}}, {"q": "b"}, (2, 4)),
        (ONE, {"q": {"a": 4, "b": 2}}, {"q": "c"}, (0, 4)),  # a choice that is worth nothing
        (ONE, {"q": {"a": 4, "b": 2}}, {}, (0, 4)),  # no answer: what could have been still counts
        (ONE, {"q": {"a": 4, "b": 2}}, {"q": "zzz"}, (0, 4)),
        (ONE, {"q": {"a": 4, "b": -3}}, {"q": "b"}, (-3, 4)),  # an answer may cost
        (ONE, {}, {"q": "a"}, (0, 0)),  # a question without weights
        (MANY, {"q": {"a": 1, "b": 2, "c": 3}}, {"q": ["a", "c"]}, (4, 6)),
        (MANY, {"q": {"a": 1, "b": 2, "c": 3}}, {"q": ["a", "a"]}, (1, 6)),  # twice the same is once
        (MANY, {"q": {"a": 1, "b": -5}}, {"q": ["a", "b"]}, (0, 1)),  # several choices never cost the whole
        (MANY, {"q": {"a": 1}}, {"q": []}, (0, 1)),
        (MANY, {"q": {"a": 1}}, {}, (0, 1)),
        (NUMBER, {"q": STEPS}, {"q": 0}, (0, 5)),
        (NUMBER, {"q": STEPS}, {"q": 1}, (2, 5)),
        (NUMBER, {"q": STEPS}, {"q": 2}, (2, 5)),
        (NUMBER, {"q": STEPS}, {"q": 3}, (4, 5)),
        (NUMBER, {"q": STEPS}, {"q": 10_000}, (5, 5)),
        (NUMBER, {"q": {"0": 4, "8": 1}}, {"q": 9}, (1, 4)),  # fewer may be worth more
        (NUMBER, {"q": STEPS}, {}, (0, 5)),
        (YES_NO, {"q": {"yes": 3, "no": 1}}, {"q": "no"}, (1, 3)),
        (TEXT, {}, {"q": "Une longue phrase."}, (0, 0)),
        (CHAIN, CHAIN_POINTS, {"q": "b", "r": "b", "s": "yes"}, (4, 4)),  # r and s are not asked
        (CHAIN, CHAIN_POINTS, {"q": "a", "r": "a", "s": "yes"}, (3, 7)),  # s is not asked
        (CHAIN, CHAIN_POINTS, {"q": "a", "r": "b", "s": "yes"}, (10, 12)),
        ({"sections": []}, {}, {"q": "a"}, (0, 0)),
    ],
)
def test_what_answers_are_worth(asked, points, answers, got):
    score = rules.score(asked, points, answers)
    assert (score.points, score.maximum) == got


@pytest.mark.parametrize(("points", "of", "percent"), [(0, 0, 0), (1, 3, 33), (2, 3, 66), (199, 200, 99), (3, 3, 100)])
def test_a_percentage_is_never_rounded_up(points, of, percent):
    assert rules.Score((rules.Line("q", points, of),)).percent == percent


@pytest.mark.parametrize(
    ("asked", "answers", "lacking"),
    [
        (ONE, {}, ["q"]),
        (ONE, {"q": ""}, ["q"]),
        (ONE, {"q": "a"}, []),
        (MANY, {"q": []}, ["q"]),
        (NUMBER, {"q": 0}, []),  # zero is an answer
        (content(question("q", required=False)), {}, []),
        (CHAIN, {"q": "a"}, ["r"]),
        (CHAIN, {"q": "b"}, []),
        (CHAIN, {"q": "b", "r": "b"}, []),  # r is left over from another answer: s does not follow
        (CHAIN, {"q": "a", "r": "c"}, ["s"]),
        (content(question("q", "choices"), question("r", condition=IF_A)), {"q": ["b", "a"]}, ["r"]),
    ],
)
def test_what_is_missing(asked, answers, lacking):
    assert rules.missing(asked, answers) == lacking


def test_answers_to_questions_that_are_not_asked_are_not_kept():
    assert rules.kept(CHAIN, {"q": "b", "r": "b", "s": "yes", "x": "y"}) == {"q": "b"}


@pytest.mark.parametrize(
    ("asked", "points", "said"),
    [
        (content(), {}, "vide"),
        (content(question("q"), question("q")), {}, "Deux questions portent le nom"),
        (content(question("q", choices=("a",))), {}, "au moins deux choix"),
        (TEXT, {"q": {"a": 1}}, "un texte ne se note pas"),
        (ONE, {"q": {"z": 1}}, "un choix qui n’existe pas"),
        (ONE, {"other": {"a": 1}}, "des questions qui n’existent pas"),
        (content(question("q", condition={"question": "r", "values": ["a"]}), question("r")), {}, "pas avant elle"),
        (content(question("q"), question("r", condition={"question": "q", "values": ["z"]})), {}, "ne propose pas"),
    ],
)
def test_a_version_that_would_not_work_says_why(asked, points, said):
    assert said in " ".join(rules.faults(asked, points))


def test_the_first_referential_is_sound_and_complete():
    asked, points = first.content(), first.points()
    assert rules.faults(asked, points) == []
    assert len(asked["sections"]) == 7
    assert 18 <= len(list(rules.questions_of(asked))) <= 24


QUESTIONS = list(rules.questions_of(first.content()))


def answer_to(one):
    keys = [each["key"] for each in rules.choices_of(one)]
    if one["kind"] == "choices":
        return st.lists(st.sampled_from(keys), max_size=6)
    if one["kind"] == "number":
        return st.integers(0, 1000)
    return st.text(max_size=5) if one["kind"] == "text" else st.sampled_from(keys)


@given(st.fixed_dictionaries({}, optional={one["key"]: answer_to(one) for one in QUESTIONS}))
def test_no_answers_leave_the_scale(answers):
    score = rules.score(first.content(), first.points(), answers)
    assert 0 <= score.points <= score.maximum
    assert 0 <= score.percent <= 100
    kept = rules.kept(first.content(), answers)
    assert rules.score(first.content(), first.points(), kept) == score  # what is left out was worth nothing
