"""The front page, the accessibility statement, the legal page: true words, and codes that no log keeps."""

import logging
import re
from typing import Any

import pytest
from django.test import Client

from aptic.logs import HideCodes
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from impact.models import Publication
from impact.publishing import publish
from tests.factories import OPERATOR, make_operator
from tests.passes.world import make_batch

pytestmark = pytest.mark.django_db
PUBLIC_PAGES = ("/", "/solde/", "/lieux/", "/accessibilite/", "/mentions/")


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


@pytest.mark.parametrize("address", PUBLIC_PAGES)
def test_public_pages_open_without_log_in_and_hold_no_script_of_their_own(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    html = page.content.decode()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", html)
    assert "Content-Security-Policy" in page
    for name in re.findall(r'<(?:input|select)[^>]*\sid="([^"]+)"', html):
        assert f'for="{name}"' in html, f"{name} has no label"


@pytest.mark.parametrize("address", PUBLIC_PAGES)
def test_public_pages_only_answer_reading_but_the_balance(client: Client, address: str) -> None:
    assert client.post(address).status_code == (200 if address == "/solde/" else 405)
    assert client.put(address).status_code == 405


def test_the_front_page_leads_to_both_questions_and_to_every_space(client: Client) -> None:
    html = client.get("/").content.decode()
    for address in ("/lieux/", "/solde/", "/espace/", "/transparence/", "/candidature/"):
        assert f'"{address}"' in html


def test_the_front_page_shows_published_figures_and_none_before(client: Client, django_assert_num_queries: Any) -> None:
    assert "Ce que l’argent confié a fait" not in words(client.get("/"))
    counted = {
        "money": {"collected": 1_000_000},
        "usage": {"used_cents": 1000, "paid_cents": None},
        "days_to_payment": 6.2,
        "proof": {"differences": 0, "accounts": 12},
    }
    with acting(OPERATOR):
        Publication.objects.create(figures=counted)
    with django_assert_num_queries(5):
        page = client.get("/")
    assert "Ce que l’argent confié a fait" in words(page)
    for said in ("10 000 € confiés", "10 € d’aide donnée", "0 écart entre 12 comptes"):
        assert said in words(page)
    assert "versés" not in words(page)  # suppressed: not said


def test_the_front_page_reads_what_is_really_published(client: Client) -> None:
    make_batch()
    with acting(OPERATOR):
        publish()
    assert "confiés par les commanditaires" in words(client.get("/"))


def test_the_legal_page_names_the_operator_and_its_host(client: Client, settings: Any) -> None:
    assert "pas encore d’opérateur" in words(client.get("/mentions/"))
    operator = make_operator().organisation
    settings.HOSTED_BY = "Hébergeur d’essai, 1 rue des Serveurs, 05 00 00 00 01"
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(phone="0556000009", email="bonjour@operateur.example")
    page = words(client.get("/mentions/"))
    for said in ("Opérateur d’essai", "Hébergeur d’essai", "05 56 00 00 09", "bonjour@operateur.example", "CNIL"):
        assert said in page
    assert "05 56 00 00 09" in words(client.get("/accessibilite/"))
    assert "Défenseur des droits" in words(client.get("/accessibilite/"))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Not Found: /p/7Q2K9XM4T8WAVN3C", "Not Found: /p/…"),
        ("Unauthorized: /api/v1/passes/7Q2K9XM4T8WAVN3C/", "Unauthorized: /api/v1/passes/…/"),
        (f"Service Unavailable: /P/7Q2K9XM4T8WAVN3C/{'A' * 119}", "Service Unavailable: /P/…"),
        ("Not Found: /lieux/", "Not Found: /lieux/"),
    ],
)
def test_a_log_keeps_no_code(said: str, kept: str) -> None:
    reason, path = said.split(": ")
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", (reason, path), None)
    assert HideCodes().filter(record)
    assert record.getMessage() == kept


def test_the_console_hides_them(settings: Any) -> None:
    assert all("hide_codes" in handler["filters"] for handler in settings.LOGGING["handlers"].values())
