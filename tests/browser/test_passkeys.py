"""Passkeys, with an authenticator that the browser simulates: added, then used instead of a password."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aptic.accounts.rules import space_url
from tests.accounts.people import PASSWORD, of
from tests.factories import Member, make_operator


@pytest.fixture
def operator(fresh_database: Any) -> Member:
    member = make_operator()
    of(member)
    return member


@pytest.fixture
def page(operator: Member, live_site: str, chromium: Browser) -> Iterator[Page]:
    """A page of a browser that has a simulated authenticator: present, and sure of who holds it."""
    context = chromium.new_context()
    opened = context.new_page()
    session = context.new_cdp_session(opened)
    session.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    yield opened
    context.close()


def give_password(page: Page, member: Member) -> None:
    page.get_by_label("Adresse électronique").fill(member.user.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def test_added_once_it_opens_the_operators_space_without_a_password(page: Page, operator: Member, live_site: str):
    home = space_url(operator.principal.hat, operator.organisation.pk)
    page.goto(live_site + home)
    give_password(page, operator)
    page.get_by_role("link", name="Choisir la clé d’accès").click()
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirmer").click()
    page.get_by_label("Nom de la clé").fill("Ordinateur du bureau")
    page.get_by_label("Me connecter avec cette seule clé").check()
    page.get_by_role("button", name="Ajouter cette clé").click()
    expect(page.get_by_role("heading", name="codes de secours")).to_be_visible()

    page.context.clear_cookies()
    page.goto(live_site + home)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url(f"**{home}")
    expect(page.get_by_role("link", name="Installation").first).to_be_attached()
