"""What the operator writes in versions, by two people at once: one draft, one number each, what is final stays so."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from aptic.tenancy.principal import acting
from impact import coverage
from impact.models import Coverage, Thresholds
from qualification import errors, referentials
from qualification.models import LegalText, Referential
from tests.factories import OPERATOR, Member, make_operator
from tests.qualification.test_referentials import QUESTION
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15


@pytest.fixture
def people(fresh_database: Any) -> list[Member]:
    """Two colleagues."""
    return [make_operator(), make_operator()]


@pytest.fixture
def in_turn(fresh_database: Any, together: Any, people: list[Member]) -> Callable[..., list[Any]]:
    """What each of the two answers, when the second waits for what the first has written."""

    def as_one(number: int, work: Callable[[], Any]) -> Any:
        with acting(people[number].principal):
            return work()

    def run(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
        return overlapped(fresh_database, together, partial(as_one, 0, first), partial(as_one, 1, second))

    return run


def test_two_people_prepare_one_version(in_turn: Any) -> None:
    first, second = in_turn(referentials.prepare_version, referentials.prepare_version)
    assert isinstance(second, Referential), second
    assert first == second


def test_two_people_write_one_draft_of_a_text(in_turn: Any) -> None:
    first, second = in_turn(
        lambda: referentials.write_text(kind="charter", body="Un."),
        lambda: referentials.write_text(kind="charter", body="Deux."),
    )
    assert isinstance(second, LegalText), second
    assert (first.pk, first.number) == (second.pk, second.number)
    with acting(OPERATOR):
        assert LegalText.objects.draft().get().body == "Deux."


def test_what_is_written_while_its_draft_is_published_is_the_version_after(in_turn: Any, people: list[Member]) -> None:
    with acting(people[0].principal):
        draft = referentials.write_text(kind="charter", body="Un.")
    published, written = in_turn(
        lambda: referentials.publish_text(text=draft),
        lambda: referentials.write_text(kind="charter", body="Deux."),
    )
    assert isinstance(written, LegalText), written
    assert written.number == published.number + 1
    with acting(OPERATOR):
        kept = dict(LegalText.objects.filter(pk__in=[draft.pk, written.pk]).values_list("body", "published_at"))
    assert kept == {"Un.": published.published_at, "Deux.": None}


@pytest.mark.parametrize("what", ["question", "section"])
def test_what_is_written_in_a_part_that_was_taken_out_says_so(in_turn: Any, people: list[Member], what: str) -> None:
    with acting(people[0].principal):
        draft = referentials.prepare_version()
        section = referentials.save_section(referential=draft, title="Les chats")
        alone = referentials.save_question(referential=draft, section=section, question=QUESTION, points={})

    def write() -> Any:
        if what == "section":
            return referentials.save_section(referential=draft, key=section, title="Les bêtes")
        return referentials.save_question(referential=draft, section=section, question=QUESTION, points={})

    done, said = in_turn(lambda: referentials.remove_question(referential=draft, key=alone), write)
    assert done is None
    assert isinstance(said, errors.PartTakenOut), said
    with acting(OPERATOR):
        draft.refresh_from_db()
    assert section not in [one["key"] for one in draft.content["sections"]]


def test_two_people_set_the_thresholds_one_after_the_other(in_turn: Any) -> None:
    needs, version = coverage.needs_in_force()
    first, second = in_turn(
        lambda: coverage.set_thresholds(needs=needs, reason="Un."),
        lambda: coverage.set_thresholds(needs=needs, reason="Deux."),
    )
    assert isinstance(second, Thresholds), second
    assert [first.version, second.version] == [version + 1, version + 2]


@pytest.mark.parametrize("measures_first", [True, False])
def test_thresholds_set_during_a_measure_judge_every_territory(in_turn: Any, measures_first: bool) -> None:
    needs, version = coverage.needs_in_force()
    with acting(OPERATOR):
        coverage.measure_territories(at=timezone.now())  # what is judged again
    works = [
        lambda: coverage.measure_territories(at=timezone.now()),
        lambda: coverage.set_thresholds(needs=needs, reason="Plus haut."),
    ]
    answers = in_turn(*(works if measures_first else reversed(works)))
    assert not [one for one in answers if isinstance(one, BaseException)], answers
    with acting(OPERATOR):
        assert set(Coverage.objects.values_list("version", flat=True)) == {version + 1}
        assert Coverage.objects.values("computed_at").distinct().count() == 1
