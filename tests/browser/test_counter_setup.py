"""A counter from the manager's click to the first receipt, and each of its refusals, as people see and hear them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat
from passes import training
from passes.refusals import EXPLANATIONS
from passes.training import Case
from tests.browser.person import Person
from tests.busy import timed
from tests.factories import make_member, make_operator
from tests.passes.test_refusals import AT_LOOKING, CASES
from tests.passes.world import TestTill, code_of, make_batch, make_till

Enter = Callable[..., Person]
A_MINUTE = 60
LONG_WAY = 40  # presses of Tab, more than any page of the counter has stops


@pytest.fixture
def till(fresh_database: object) -> TestTill:
    make_operator()
    return make_till()


def shown_link(enter: Enter, till: TestTill) -> str:
    """What the code on the manager's screen says."""
    manager = enter(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER))
    manager.goes(f"/acteur/{till.site.actor_id}/appareils/").types(name="Tablette du hall")
    manager.presses("Obtenir le code d’association").reads("Associer « Tablette du hall »", till.site.name)
    expect(manager.page.get_by_role("img", name="Code à scanner")).to_be_visible()
    return manager.page.locator("main a[href*='/appareil/']").get_attribute("href") or ""


def paired(enter: Enter, till: TestTill, **window: object) -> Person:
    """A device's window, at the counter."""
    link = shown_link(enter, till)
    device = enter(**window)
    device.page.goto(link)
    device.page.get_by_role("button", name="Associer cet appareil").click()
    return device


def shows(person: Person, code: str) -> Person:
    """Type a code at the counter and look."""
    person.page.locator("#code").fill(code)
    return person.presses("Regarder ce pass")


def by_keyboard(person: Person, name: str, role: str = "button") -> None:
    """Reach something by Tab alone, then press Enter."""
    goal = person.page.get_by_role(role, name=name).first
    for _ in range(LONG_WAY):
        if goal.evaluate("element => element === document.activeElement"):
            break
        person.page.keyboard.press("Tab")
    expect(goal).to_be_focused()
    person.page.keyboard.press("Enter")


def test_from_the_managers_click_to_the_first_look_up_in_a_minute(enter: Enter, till: TestTill) -> None:
    code = code_of(make_batch())
    with timed() as setting_up:
        link = shown_link(enter, till)
        device = enter(width=390).goes(link).reads(till.site.name, "Tablette du hall")
        device.presses("Associer cet appareil").reads(f"Cet appareil encaisse pour « {till.site.name} »")
        shows(device, code).reads("Ce pass est valable")
    assert setting_up.quiet() < A_MINUTE
    device.presses("Encaisser 10 €").reads("C’est encaissé").follows("Pass suivant").reads("Encaisser un pass")


def test_each_refusal_is_a_state_of_its_own(enter: Enter, till: TestTill) -> None:
    device = paired(enter, till, width=390)
    suspends = "site_not_qualified"
    for reason in [*(one for one in AT_LOOKING if one != suspends), suspends]:
        shows(device, code_of(CASES[reason](till)))
        device.reads(EXPLANATIONS[reason].sentence, EXPLANATIONS[reason].next_step, "rien n’a été encaissé")
        device.follows("Essayer un autre pass").reads("Encaisser un pass")
    shows(device, "ABCD").reads("Ce code n’existe pas", "Corriger le code")


def test_by_keyboard_alone_from_pairing_to_receipt(enter: Enter, till: TestTill) -> None:
    code, device = code_of(make_batch()), enter()
    device.page.goto(shown_link(enter, till))
    by_keyboard(device, "Associer cet appareil")
    field = device.page.get_by_label("Code du pass")
    expect(field).to_be_focused()
    device.page.keyboard.type(code)
    device.page.keyboard.press("Enter")
    expect(device.page.get_by_role("button", name="Encaisser 10")).to_be_focused()
    device.page.keyboard.press("Enter")
    device.reads("C’est encaissé").look()
    expect(device.page.get_by_role("link", name="Pass suivant")).to_be_focused()
    by_keyboard(device, "C’était une erreur")
    device.reads("Encaissement annulé").look()


def test_at_twice_the_size_nothing_is_cut(enter: Enter, till: TestTill) -> None:
    device = paired(enter, till, width=640)  # 1280 pixels at 200 %
    shows(device, code_of(CASES["site_not_covered"](till)))
    device.reads("Près d’ici, ce pass est accepté à")
    assert device.page.evaluate("document.documentElement.scrollWidth") <= 640


def test_without_a_script_from_pairing_to_receipt_and_refusal(enter: Enter, till: TestTill) -> None:
    code, device = code_of(make_batch()), paired(enter, till, javascript=False)
    device.reads("Cet appareil encaisse pour")
    for words, button in (("Ce pass est valable", "Encaisser 10 €"), ("Ce pass a déjà été utilisé", "")):
        device.page.locator("#code").fill(code)
        device.page.get_by_role("button", name="Regarder ce pass").first.click()
        device.reads(words)
        if button:
            device.page.get_by_role("button", name=button).click()
            device.reads("C’est encaissé")
            device.page.get_by_role("link", name="Pass suivant").click()


def test_training_shows_every_answer_and_settings_the_sound(enter: Enter, till: TestTill) -> None:
    device = paired(enter, till, width=390).follows("Réglages").reads("Tablette du hall", "Son et vibration")
    device.presses("Son et vibration").reads("coupés")
    assert device.page.evaluate("localStorage.getItem('aptic.counter.silent')") == "1"
    device.follows("Le carnet d’entraînement").reads("Pass valable", "Service non prévu")
    device.follows("S’entraîner").reads("Entraînement : rien n’est encaissé")
    passes = {one.case: one.code for one in training.booklet(till.site.pk)}
    for case, words in ((Case.USED, "déjà été utilisé"), (Case.EXPIRED, "est passée"), (Case.BLOCKED, "a été bloqué")):
        shows(device, passes[case]).reads(words).follows("Essayer un autre pass")
    shows(device, passes[Case.OTHER_SERVICE]).presses("Encaisser 10 €")
    device.reads("ne paie pas ce service").follows("Essayer un autre pass")
    shows(device, passes[Case.VALID]).presses("Encaisser 10 €")
    device.reads("C’est encaissé", "pour s’entraîner").presses("C’était une erreur").reads("Encaissement annulé")
    shows(device.follows("Pass suivant"), code_of(make_batch()))
    device.reads("C’est un vrai pass").follows("Revenir au guichet").reads("Encaisser un pass")
    shows(device, passes[Case.VALID]).reads("C’est un pass d’entraînement")


def test_the_managers_pages_of_devices(enter: Enter, till: TestTill) -> None:
    manager = enter(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER))
    manager.goes(f"/acteur/{till.site.actor_id}/appareils/").follows("Tablette").types(name="Tablette du fond")
    manager.presses("Renommer").reads("Tablette du fond")
    manager.types(email="benevole@essai.example").presses("Envoyer le lien par courriel").reads("pendant un jour")
    manager.follows("Arrêter cet appareil").presses("Arrêter l’appareil").reads("Appareils arrêtés")
    manager.types(name="Poste", count="6").presses("Obtenir le code d’association").reads("6 appareils pour")
