"""A visitor's way in a real browser: search, list, map, a site's page, a report; with and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from actors.directory_models import SiteChange
from actors.models import Site
from aptic.tenancy.principal import acting
from tests.browser.person import Person
from tests.factories import OPERATOR, make_operator
from tests.passes.world import make_till

Enter = Callable[..., Person]
pytestmark = pytest.mark.usefixtures("live_site", "fresh_database")
ALWAYS = {"opening_hours": "24/7", "access_modes": ["walk_in", "call"], "services": [1, 4]}


@pytest.fixture
def sites(fresh_database: object) -> dict[str, Site]:
    """Two places that never close, and one that never opens."""
    made = {}
    for name, commune, more in (
        ("Port d’attache", "33039", ALWAYS),
        ("Clics de la Citadelle", "33058", ALWAYS),
        ("Volets clos", "33063", {**ALWAYS, "opening_hours": "off"}),
    ):
        site = make_till(commune=commune).site
        with acting(OPERATOR):
            Site.objects.filter(pk=site.pk).update(name=name, **more)
        made[name] = site
    return made


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (True, 320), (False, 320)])
def test_from_a_search_to_a_report(enter: Enter, sites: dict[str, Site], scripts: bool, width: int) -> None:
    visitor = enter(width=width, javascript=scripts)
    page = visitor.page
    if scripts:
        visitor.goes("/lieux/")
    else:
        page.goto("/lieux/")
    page.locator("[name=q]").fill("33130")
    page.locator("[name=acces]").select_option(label="Se présenter")
    page.get_by_label("Ouvert maintenant").check()
    page.get_by_role("button", name="Chercher").click()
    visitor.reads("2 lieux", "accès : se présenter", "ouverts maintenant", "Ouvert maintenant")
    expect(page.get_by_text("Volets clos")).to_have_count(0)
    if scripts:
        expect(page.locator(".live-map path.departement")).not_to_have_count(0)
        assert page.locator(".live-map .leaflet-ground-pane svg").bounding_box()["width"] > 200
        expect(page.locator(".live-map .pin")).to_have_count(2)
        pin = page.get_by_role("button", name="Numéro 1 : Port d’attache")
        pin.focus()
        page.keyboard.press("Enter")
        page.locator(".leaflet-popup").get_by_role("link", name="Port d’attache").click()
    else:
        expect(page.locator("figure svg:visible")).to_have_count(1)
        page.get_by_role("link", name="Port d’attache", exact=True).first.click()
    visitor.reads("Aide aux démarches administratives", "Jour et nuit", "Voir ce qu’il me reste")
    page.get_by_role("link", name="Signaler un changement").click()
    page.get_by_label("Les horaires ont changé").check()
    page.get_by_label("Précisions").fill("Fermé le lundi, dit l’affiche.")
    page.get_by_role("button", name="Envoyer").click()
    visitor.reads("Merci.")
    with acting(OPERATOR):
        assert SiteChange.objects.get().message == "Fermé le lundi, dit l’affiche."


def test_every_page_of_it_reads_well_for_everybody(enter: Enter, sites: dict[str, Site]) -> None:
    visitor = enter()
    site = sites["Port d’attache"]
    for address in ("/lieux/?q=33130", f"/lieux/{site.pk}/", f"/lieux/{site.pk}/signaler/", "/lieux/donnees/"):
        visitor.goes(address)
    visitor.page.emulate_media(color_scheme="dark")
    visitor.goes(f"/lieux/{site.pk}/")


def test_the_queue_and_the_imports_read_well_too(enter: Enter, sites: dict[str, Site]) -> None:
    with acting(OPERATOR):
        operator = make_operator()
    visitor = enter()
    visitor.page.goto(f"/lieux/{sites['Port d’attache'].pk}/signaler/")
    visitor.page.get_by_label("Les horaires ont changé").check()
    visitor.page.get_by_role("button", name="Envoyer").click()
    person = enter(operator)
    space = f"/operateur/{operator.organisation.pk}"
    for address in ("signalements/", "signalements/?etat=traites", "lieux-connus/", "lieux-connus/importer/"):
        person.goes(f"{space}/{address}")
    person.goes(f"{space}/signalements/")
    person.page.locator("table a").first.click()
    person.reads("C’est juste, corriger le lieu")
    person.page.get_by_role("button", name="Écarter ce signalement").click()
    person.reads("Indiquez le motif")
    person.page.get_by_label("Motif").fill("L’affiche date de l’an dernier.")
    person.page.get_by_role("button", name="Écarter ce signalement").click()
    person.reads("Signalement écarté.")
