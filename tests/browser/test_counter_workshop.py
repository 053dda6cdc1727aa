"""A workshop by keyboard, from opening it to its sheet as PDF; then its effect, its receipt, and the day."""

from collections.abc import Callable
from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from aptic.tenancy.principal import acting
from passes.models import Redemption, Session
from tests.browser.person import Person
from tests.browser.test_counter_setup import by_keyboard, paired
from tests.factories import OPERATOR, make_operator
from tests.passes.world import TestTill, code_of, make_batch, make_till

Enter = Callable[..., Person]


@pytest.fixture
def till(fresh_database: object) -> TestTill:
    make_operator()
    return make_till()


def opens(device: Person) -> Person:
    """From the counter to an open session, by keyboard alone; the form has an answer to each question."""
    by_keyboard(device, "Séances", role="link")
    device.reads("Les séances", "Ouvrir une séance").look()
    by_keyboard(device, "Ouvrir la séance")
    return device.reads("Séance ouverte", "Aucun pass encore")


def takes(device: Person, code: str) -> Person:
    """The code into the field that waits for it, Enter to look, Enter to take."""
    expect(device.page.locator("#code")).to_be_focused()
    device.page.keyboard.type(code)
    device.page.keyboard.press("Enter")
    expect(device.page.get_by_role("button", name="Encaisser 10")).to_be_focused()
    device.reads("Dans la séance").look()
    device.page.keyboard.press("Enter")
    return device.reads("C’est encaissé").look()


@pytest.mark.parametrize("width", [390, 320])
def test_a_workshop_from_opening_to_its_sheet_by_keyboard(
    enter: Enter, till: TestTill, worker: object, width: int
) -> None:
    batch = make_batch()
    device = opens(paired(enter, till, width=width)).look()
    takes(device, code_of(batch)).reads("1 personne, 1 pass, 10 €")
    takes(device, code_of(batch, 1)).reads("2 personnes, 2 pass, 20 €")
    by_keyboard(device, "Retirer le pass")
    device.reads("Pass retiré", "1 personne, 1 pass, 10 €").look()
    by_keyboard(device, "Préparer la feuille")
    device.waits_for("La feuille est prête")
    by_keyboard(device, "Fermer la séance")
    device.reads("Séance fermée").look()
    expect(device.page.locator("#code")).to_have_count(0)
    link = device.page.get_by_role("link", name="Ouvrir la feuille (PDF)")
    expect(link).to_be_visible()
    answer = device.page.request.get(link.get_attribute("href") or "")
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)
    assert "Feuille d’émargement" in text
    assert "1\u00a0personne" in text
    with acting(OPERATOR):
        session = Session.objects.get()
        assert Redemption.objects.live().filter(session=session.pk).count() == 1


def test_its_effect_its_receipt_and_the_day(enter: Enter, till: TestTill) -> None:
    batch = make_batch()
    device = takes(opens(paired(enter, till, width=390)), code_of(batch))
    device.follows("Le reçu, l’effet de cette aide").reads("Le reçu", till.site.address)
    device.page.get_by_text("L’effet de cette aide, en cinq secondes").click()
    device.look()
    device.page.get_by_role("group", name="Première fois dans ce lieu").get_by_label("Oui").check()
    device.reads("C’est noté.")
    with device.page.expect_response(lambda answer: answer.request.method == "POST"):  # the words stand there already
        device.page.get_by_role("group", name="Après l’aide").get_by_label("Fait sans aide").check()
    device.page.reload()
    expect(device.page.get_by_role("group", name="Après l’aide").get_by_label("Fait sans aide")).to_be_checked()
    expect(device.page.get_by_role("button", name="Imprimer le reçu")).to_be_visible()
    device.page.emulate_media(media="print")
    expect(device.page.get_by_role("link", name="Revenir à la séance")).to_be_hidden()
    expect(device.page.get_by_text("L’effet de cette aide, en cinq secondes")).to_be_hidden()
    expect(device.page.get_by_role("heading", name="Le reçu")).to_be_visible()
    device.page.emulate_media(media="screen")
    device.follows("Journée").reads("1 pass encaissé", "Rien n’attend le réseau", "ouverte", "encaissé")


def test_without_a_script_a_session_is_held_too(enter: Enter, till: TestTill) -> None:
    batch, device = make_batch(), paired(enter, till, javascript=False)
    page = device.page
    page.get_by_role("link", name="Séances").click()
    page.get_by_role("button", name="Ouvrir la séance").click()
    page.locator("#code").fill(code_of(batch))
    page.get_by_role("button", name="Regarder ce pass").first.click()
    page.get_by_role("button", name="Encaisser 10 €").click()
    device.reads("C’est encaissé", "1 personne, 1 pass, 10 €")
    page.get_by_role("link", name="Le reçu, l’effet de cette aide").click()
    page.get_by_text("L’effet de cette aide, en cinq secondes").click()
    page.get_by_role("group", name="Première fois dans ce lieu").get_by_label("Non").check()
    page.get_by_role("button", name="Noter ces réponses").click()
    device.reads("C’est noté.")
    page.get_by_role("link", name="Revenir à la séance").click()
    page.get_by_role("button", name="Fermer la séance").click()
    device.reads("Séance fermée")
