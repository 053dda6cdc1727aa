"""The demonstration in a browser: every role is one click away, and the tour leads to the page of each of its steps."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from impact.demonstration.roles import ROLES
from impact.demonstration.tour_steps import steps
from tests.browser.person import Person
from tests.conftest import FreshDatabase, serving


@pytest.fixture
def live_site(demonstration: FreshDatabase) -> Iterator[str]:
    """A site on the database in which the story was played."""
    with serving(demonstration) as address:
        yield address


def test_one_click_changes_the_role_on_whatever_page(enter: Callable[..., Person]):
    visitor = enter().goes("/transparence/")
    for role in ROLES.values():
        visitor.presses(f"Devenir : {role.label}")
        button = visitor.page.get_by_role("button", name=f"Devenir : {role.label}")
        if role.email:
            expect(button).to_have_attribute("aria-current", "true")
        else:
            assert urlsplit(visitor.page.url).path == "/solde/"


def test_the_tour_leads_through_the_eight_steps(enter: Callable[..., Person]):
    visitor, tour = enter().goes("/demonstration/"), steps()
    assert len(tour) == 8
    for step in tour:
        visitor.page.goto("/demonstration/")
        visitor.reads(step.title, step.text, step.figure)
        visitor.presses(step.label)
        assert urlsplit(visitor.page.url).path == step.page
