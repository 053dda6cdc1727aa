"""A citizen's way, in a real browser: with and without scripts; every page passes axe and fits 320 pixels."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from actors.models import Site
from aptic.tenancy.principal import acting
from passes.models import Batch
from tests.browser.person import Person
from tests.factories import OPERATOR
from tests.passes.world import code_of, make_batch, make_till

Enter = Callable[..., Person]
pytestmark = pytest.mark.usefixtures("live_site", "fresh_database")


@pytest.fixture
def batch(fresh_database: object) -> Batch:
    """A booklet in use, and two sites: one near, one farther."""
    batch = make_batch()
    for name, commune in (("Port d’attache", "33039"), ("Clics de la Citadelle", "33058")):
        till = make_till(commune=commune)
        with acting(OPERATOR):
            Site.objects.filter(pk=till.site.pk).update(name=name, hours="Du mardi au samedi")
    assert till.redeem(code_of(batch)).status_code == 201
    return batch


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_first_page_to_the_nearest_place(enter: Enter, batch: Batch, scripts: bool) -> None:
    citizen = enter(width=390, javascript=scripts)
    page = citizen.page
    page.goto("/")
    page.locator("[name=code]").fill(code_of(batch, position=0).lower())
    page.get_by_role("button", name="Voir ce qu’il me reste").click()
    citizen.reads("Il vous reste 9 pass", "90 €", "jusqu’au")
    page.locator("[name=place]").fill("33130")
    page.get_by_role("button", name="Chercher").click()
    citizen.reads("près de Bègles", "moins d’1 km", "Port d’attache", "Du mardi au samedi")
    assert page.url.endswith("/solde/"), "the code stands in no address"
    page.goto("/lieux/")
    page.locator("[name=q]").fill("Blaye")
    page.get_by_role("button", name="Chercher").click()
    citizen.reads("2 lieux autour de Blaye")
    expect(page.locator("article h3").first).to_contain_text("Clics de la Citadelle")


def test_every_page_reads_well_for_everybody(enter: Enter, batch: Batch) -> None:
    with acting(OPERATOR):
        over = make_batch()
        Batch.objects.filter(pk=over.pk).update(
            valid_from=over.valid_from - timedelta(days=9), valid_until=timezone.now()
        )
    citizen = enter()
    for address in ("/", "/solde/", "/lieux/", "/lieux/?q=33130", "/lieux/?q=Saint", "/accessibilite/", "/mentions/"):
        citizen.goes(address)
    citizen.goes("/transparence/suivre/").reads("Pas encore de chiffres")
    citizen.goes(f"/p/{code_of(batch)}").reads("Le pass que vous regardez est déjà utilisé")
    citizen.goes(f"/p/{code_of(batch, position=2)}?place=Blaye").reads("Clics de la Citadelle")
    citizen.goes(f"/p/{code_of(over)}").reads("La date de ce carnet est passée")
    citizen.goes("/solde/").types(code="7Q2K-9XM4").presses("Voir ce qu’il me reste").reads("il y en a 8")
    expect(citizen.page.locator("[name=code]")).to_have_value("7Q2K-9XM4")


def test_dark_screens_too(enter: Enter, batch: Batch) -> None:
    citizen = enter()
    citizen.page.emulate_media(color_scheme="dark")
    for address in ("/", "/lieux/?q=33130", f"/p/{code_of(batch)}"):
        citizen.goes(address)
