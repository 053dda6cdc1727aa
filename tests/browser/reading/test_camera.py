"""The camera's life on the page: started, let go, remembered, refused; light and choice."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.reading.desk import COUNTER, START, STOP, WithCamera, address, heard, scan, until
from tests.reading import damage, film


def passes(count: int) -> list[damage.Scene]:
    return [damage.drawn(address(place)) for place in range(1, count + 1)]


def test_the_camera_is_let_go_when_nobody_looks_and_remembered_when_one_comes_back(
    with_camera: WithCamera, tmp_path: Path
) -> None:
    film.shoot(passes(1), tmp_path / "one.mjpeg")
    page = with_camera(tmp_path / "one.mjpeg")
    expect(page.locator("video")).to_be_hidden()
    page.get_by_role("button", name=START).click()
    until(page, "window.heard.length === 1")
    page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    assert page.evaluate("[window.track.readyState, document.querySelector('video').srcObject]") == ["ended", None]
    page.evaluate(hide, False)
    until(page, "document.querySelector('video').srcObject")
    page.reload()
    until(page, "window.heard.length === 1")
    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("button", name=START)).to_be_focused()
    page.reload()
    expect(page.get_by_role("button", name=START)).to_be_visible()
    assert page.evaluate("document.querySelector('video').srcObject") is None


def test_nothing_is_given_between_pause_and_resume(with_camera: WithCamera, tmp_path: Path) -> None:
    film.shoot(passes(10), tmp_path / "many.mjpeg")
    page = with_camera(tmp_path / "many.mjpeg")
    page.get_by_role("button", name=START).click()
    until(page, "window.heard.length >= 1")
    page.evaluate("window.reading.pause(); window.heard.length = 0")
    scan(page, address())
    assert page.evaluate("document.querySelector('video').paused")
    assert heard(page) == []
    page.evaluate("window.reading.resume()")
    until(page, "window.heard.length >= 2")


def test_another_square_is_said_to_be_no_pass(with_camera: WithCamera, tmp_path: Path) -> None:
    film.shoot([damage.drawn("HTTPS://AUTRE.EXAMPLE/MENU")], tmp_path / "menu.mjpeg")
    page = with_camera(tmp_path / "menu.mjpeg")
    page.get_by_role("button", name=START).click()
    expect(page.get_by_text("Ce carré n’est pas un pass.")).to_be_visible()
    assert heard(page) == []
    expect(page.locator("video")).to_be_visible()


TORCH = """
MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
MediaStreamTrack.prototype.applyConstraints = async (wanted) => { window.lit = wanted.advanced[0].torch; };
"""


def test_light_and_choice_of_camera(with_camera: WithCamera) -> None:
    page = with_camera(script=TORCH)
    page.get_by_role("button", name=START).click()
    light, choice = page.get_by_role("button", name="Lumière"), page.get_by_label("Caméra utilisée")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.lit") is True
    expect(choice.locator("option")).to_have_count(2)
    other = choice.locator("option").nth(1).get_attribute("value")
    choice.select_option(value=other)
    until(page, f"document.querySelector('video').srcObject?.getTracks()[0].getSettings().deviceId === '{other}'")
    expect(light).to_have_attribute("aria-pressed", "false")
    page.reload()
    until(page, "document.querySelector('video').srcObject")
    assert page.evaluate("document.querySelector('video').srcObject.getTracks()[0].getSettings().deviceId") == other
    expect(choice).to_have_value(other or "")


FAILING = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '%s'));"


def test_why_the_camera_does_not_start(with_camera: WithCamera, live_site: str) -> None:
    not_safe = live_site.replace("localhost", "essai.example")
    for script, allowed, origin, sentence in (
        ("", False, live_site, "Votre navigateur refuse la caméra."),
        (FAILING % "NotReadableError", True, live_site, "Une autre application utilise la caméra."),
        (FAILING % "NotFoundError", True, live_site, "Cet appareil n’a pas de caméra."),
        ("", True, not_safe, "La caméra ne marche qu’à une adresse qui commence par https."),
    ):
        page = with_camera(script=script, allowed=allowed)
        page.goto(origin + COUNTER)
        page.get_by_role("button", name=START).click()
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_role("button", name=START)).to_be_visible()


def test_what_the_reading_shows_is_for_everybody(with_camera: WithCamera, tmp_path: Path) -> None:
    film.shoot(passes(2), tmp_path / "two.mjpeg")
    page = with_camera(tmp_path / "two.mjpeg", script=TORCH)
    person = Person(page)
    person.look()
    page.get_by_role("button", name=START).click()
    until(page, "window.heard.length >= 1")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        person.look()
    for name in ("Lumière", STOP):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box
        assert box["height"] >= 72
