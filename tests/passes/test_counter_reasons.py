"""What a counter alone may say: each code that its scripts use has its words on the page, none has them in vain."""

import re

import pytest
from django.conf import settings
from django.test import Client

from passes.refusals import EXPLANATIONS, Refusal
from passes.views.till import NOT_HERE
from tests.passes.world import TestTill

pytestmark = pytest.mark.django_db
SCRIPTS = settings.BASE_DIR / "passes" / "static" / "counter"
SAYING = ("offline-rules", "presenting", "queue-list", "signed")  # the modules that decide what is said
# What stands alone in quotes there and is no reason: states of a pass, screens, looks, formats.
OTHER = {"open", "redeemed", "sent", "unsent", "hidden", "no", "ok", "wait", "id", "short"}


def codes_in(module: str) -> set[str]:
    """The words in quotes that a script may answer with: not what it hands to a function (but `reason`) or compares."""
    text = re.sub(r"^\s*//.*$", "", (SCRIPTS / f"{module}.js").read_text(), flags=re.MULTILINE)
    return set(re.findall(r'(?:reason\(|(?<![(=]) (?<![=!]== ))"([a-z]+(?:_[a-z]+)*)"', text))


@pytest.fixture
def said(tablet: Client, till: TestTill) -> dict[str, list[str]]:
    """Code → its paragraphs, as they stand on the counter's page."""
    page = tablet.get(f"/guichet/{till.site.actor_id}/{till.site.pk}/").content.decode()
    reasons = re.findall(r'<div data-reason="(\w+)"[^>]*>(.*?)</div>', page, flags=re.DOTALL)
    return {code: re.findall(r"<p>\s*(.+?)\s*</p>", words, flags=re.DOTALL) for code, words in reasons}


def test_every_code_of_the_scripts_has_its_words_and_no_words_are_in_vain(said: dict[str, list[str]]) -> None:
    used = set[str]().union(*map(codes_in, SAYING))
    assert used - OTHER - {*said} == set()
    assert {*said} - {*Refusal.values} - used == set()
    assert {*said} & OTHER == set(), "a word that is said is a reason"


def test_the_refusals_are_said_in_the_words_of_the_closed_list(said: dict[str, list[str]]) -> None:
    assert {code: said.get(code) for code in Refusal.values} == {
        code.value: [why.sentence, why.next_step] for code, why in EXPLANATIONS.items()
    }
    assert {*NOT_HERE} <= {*said}
    assert [code for code, words in said.items() if not words] == []


def test_what_a_counter_decides_alone_is_of_the_closed_list_or_its_own_limits() -> None:
    own = {"ceiling_hours", "ceiling_passes", "ceiling_cents", "knowledge_too_old"}
    assert codes_in("offline-rules") - OTHER - {*Refusal.values} == own
