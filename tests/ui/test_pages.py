"""Every component at once, and the pages for bad days: strict CSP, small sheet, headings and landmarks in place."""

import gzip
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from aptic import context
from tests.ui import samples

CATALOGUE = Path(__file__).parent / "templates" / "ui" / "catalogue.html"
INLINE = re.compile(r"""\sstyle=|\son[a-z]+=["']|<style|<script(?![^>]*\bsrc=)""")


@pytest.fixture
def request_in_space(monkeypatch: pytest.MonkeyPatch):
    """A manager in a funder's space."""
    monkeypatch.setattr(context, "_spaces", {})
    entries = [
        ("Tableau de bord", "/c/"),
        ("Opérations", "/c/operations/"),
        context.Entry("Équipe", "/c/equipe/", frozenset({"manager"})),
    ]
    context.declare_space("funder", label="Espace commanditaire", entries=entries)
    request = RequestFactory().get("/c/operations/7/?page=7&tri=nom")
    request.organisation = SimpleNamespace(pk=1, __str__=lambda self: "x")
    request.principal = SimpleNamespace(hat="funder", role="agent")
    return request


def _catalogue(request) -> str:
    return engines["django"].from_string(CATALOGUE.read_text()).render(samples.context(), request)


def test_the_catalogue_shows_every_component_under_a_strict_policy(request_in_space) -> None:
    page = _catalogue(request_in_space)
    assert not INLINE.search(page)
    assert page.count("<h1") == 2  # the page's own, and that of the confirmation, a page in itself
    assert "{#" not in page
    assert "{%" not in page


def test_a_list_keeps_its_query_from_page_to_page(request_in_space) -> None:
    assert 'href="?page=8&amp;tri=nom"' in _catalogue(request_in_space)


def test_the_menu_marks_where_one_stands_and_hides_what_a_role_may_not_open(request_in_space) -> None:
    links = context.Page(request_in_space).nav
    assert [(link.label, link.active) for link in links] == [("Tableau de bord", False), ("Opérations", True)]


def test_entries_that_belong_together_stand_under_one_word(request_in_space) -> None:
    money = context.group(
        "Argent", ("Lignes", "/c/lignes/"), ("Suivre", "/c/suivre/"),
        context.Entry("Banque", "/c/banque/", frozenset({"manager"})),
    )  # fmt: skip
    context.declare_space("funder", label="Espace commanditaire", entries=[("Tableau de bord", "/c/"), money])
    request_in_space.path = "/c/suivre/3/"
    page = context.Page(request_in_space)
    assert [(link.label, link.url, link.active) for link in page.nav] == [
        ("Tableau de bord", "/c/", False),
        ("Argent", "/c/lignes/", True),
    ]
    assert [(link.label, link.active) for link in page.subnav] == [("Lignes", False), ("Suivre", True)]
    request_in_space.path = "/c/"
    assert context.Page(request_in_space).subnav == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429"])
def test_an_error_page_says_what_happened_and_where_to_go(name: str) -> None:
    page = render_to_string(f"{name}.html", {}, request=RequestFactory().get("/"))
    assert page.count("<h1>") == 1
    assert 'class="btn"' in page
    assert not INLINE.search(page)


def test_a_page_without_any_context_still_comes() -> None:
    assert "Rien n’a été enregistré" in render_to_string("400.html")


@pytest.mark.parametrize("name", ["500", "503"])
def test_the_page_of_a_breakdown_needs_nothing(name: str) -> None:
    source = (settings.BASE_DIR / "templates" / f"{name}.html").read_text()
    assert "{%" not in source
    assert "{{" not in source
    assert render_to_string(f"{name}.html").count("<h1>") == 1


def test_the_sheet_stays_small() -> None:
    sheet = (settings.BASE_DIR / "aptic" / "static" / "aptic" / "aptic.css").read_bytes()
    assert len(gzip.compress(sheet)) <= 9 * 1024


def test_no_template_carries_what_the_policy_forbids() -> None:
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        text = path.read_text().replace('type="application/json"', 'src="data"')
        assert not INLINE.search(text), path
