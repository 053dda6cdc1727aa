"""Take the pictures of docs/images from a running demonstration.

    PORT=8000 make run            # in one shell
    .venv/bin/python docs/screenshots.py http://localhost:8000

Playwright drives the browser that PLAYWRIGHT_CHROMIUM names (default /usr/bin/chromium). Colours are reduced, so that
a picture stays small.
"""

import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
COMPUTER, TELEPHONE, LONG = (1280, 860), (390, 780), (390, 960)
COLOURS = 256
Way = Callable[[Page], None]
# What a tablet needs without a network: its worker, the page that it opens then, and what the server knows.
KEPT = """navigator.serviceWorker.controller
          && await caches.match(document.getElementById("counter").dataset.keep, { ignoreVary: true })
          && document.getElementById("network").textContent.includes("En ligne")"""
SCAN = """(text) => { const scan = document.getElementById("scan");
                    scan.elements.code.value = text; scan.requestSubmit(); }"""


def until(page: Page, condition: str) -> None:
    """Wait in the page; Playwright's own waiting needs `eval`, which the policy refuses."""
    page.evaluate(
        f"""async () => {{
             const end = Date.now() + 30_000;
             while (!({condition})) {{
               if (Date.now() > end) throw new Error("this did not come");
               await new Promise((next) => setTimeout(next, 50));
             }}
           }}"""
    )


def role(key: str, *labels: str) -> Way:
    """Become a role by the bar, then follow links by their words."""

    def go(page: Page) -> None:
        page.goto("/demonstration/")
        page.click(f".demo button[value={key}]")
        for label in labels:
            link = page.locator("nav a, main a").filter(has_text=label).first
            page.goto(link.get_attribute("href") or "")  # a menu may be folded
        page.wait_for_load_state("networkidle")

    return go


def with_booklet(key: str, then: Callable[[Page, str, str], None]) -> Way:
    """Take a booklet on the tour, become a role, go on with its cover's address and its first pass."""

    def go(page: Page) -> None:
        page.goto("/demonstration/")
        page.click("#carnet button")
        cover = page.locator("#carnet a").first.get_attribute("href") or ""
        code = page.locator("#carnet li .sr").first.inner_text().replace(" ", "")
        page.click(f".demo button[value={key}]")
        then(page, cover, code)
        page.wait_for_load_state("networkidle")

    return go


def _stand(page: Page, cover: str, code: str) -> None:
    page.locator("main a.btn").first.click()
    page.wait_for_selector("#code")


def _look_up(page: Page, cover: str, code: str) -> None:
    _stand(page, cover, code)
    page.fill("#code", code)
    page.click("main [data-look] button.btn.big")
    page.wait_for_selector("[data-confirm]")


def _redeem(page: Page, cover: str, code: str) -> None:
    _look_up(page, cover, code)
    page.click("main [data-confirm] button")
    page.wait_for_selector("[data-outcome=accepted]")


def _refuse(page: Page, cover: str, code: str) -> None:
    _redeem(page, cover, code)
    page.locator("main a.btn.big").click()
    page.fill("#code", code)
    page.click("main [data-look] button.btn.big")
    page.wait_for_selector("[data-outcome=refused]")


def _train(page: Page, cover: str, code: str) -> None:
    _stand(page, cover, code)
    page.goto(f"{page.url}entrainement/")


def _hold(page: Page, cover: str, code: str) -> None:
    """A session with its first pass, at the top of its list."""
    _stand(page, cover, code)
    page.goto(f"{page.url}seances/")
    page.get_by_role("button", name="Ouvrir la séance").click()
    page.fill("#code", code)
    page.click("main [data-look] button.btn.big")
    page.click("main [data-confirm] button")
    page.wait_for_selector("[data-outcome=accepted]")
    page.locator("#slips").scroll_into_view_if_needed()


def _observe(page: Page, cover: str, code: str) -> None:
    _redeem(page, cover, code)
    page.locator("main details.more > summary").click()
    page.get_by_role("group", name="Première fois dans ce lieu").get_by_label("Oui").check()
    page.locator("main details.more").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('main details.more').scrollIntoView()")


def _day(page: Page, cover: str, code: str) -> None:
    _redeem(page, cover, code)
    page.locator("header nav a").filter(has_text="Journée").click()
    page.wait_for_selector("#passages")


def _pair(page: Page) -> None:
    """The link that a manager shows, as the device opens it."""
    role("acteur", "Appareils")(page)
    page.fill("main [name=name]", "Tablette de l’accueil")
    page.click("main form:has([name=count]) button")
    page.goto(page.locator("main a[href*='/appareil/']").get_attribute("href") or "")


def on_tablet(then: Callable[[Page, list[str]], None]) -> Way:
    """A device that was paired, the bar folded away, and what the squares of a booklet say."""

    def go(page: Page) -> None:
        page.goto("/demonstration/")
        page.click("#carnet button")
        squares = [one.get_attribute("href") or "" for one in page.locator("#carnet .qr-sheet a").all()]
        _pair(page)
        with page.expect_response("**/hors-ligne.json"):
            page.click("main button.btn.big")
        until(page, KEPT)
        then(page, squares)
        page.evaluate("document.getElementById('network')?.scrollIntoView()")

    return go


def _scan(page: Page, square: str) -> None:
    page.evaluate(SCAN, square)
    page.wait_for_selector("[data-confirm], [data-outcome]")


def _take(page: Page, square: str) -> None:
    _scan(page, square)
    page.click("main [data-confirm] button")
    page.wait_for_selector("[data-outcome]")


def _undo(page: Page, squares: list[str]) -> None:
    _take(page, squares[0])
    page.get_by_role("button", name="C’était une erreur").click()
    page.wait_for_selector("[data-outcome=voided]")


def _several(page: Page, squares: list[str]) -> None:
    _scan(page, squares[0])
    _scan_beside(page, squares[1])
    until(page, "document.querySelectorAll('[data-confirm] [name=code]').length === 2")


def _look_off_line(page: Page, squares: list[str]) -> None:
    page.context.set_offline(True)
    _scan(page, squares[0])


def _note_off_line(page: Page, squares: list[str]) -> None:
    page.context.set_offline(True)
    _take(page, squares[0])


def _answers(page: Page, squares: list[str]) -> None:
    """Two passes taken without a network, one of which another counter had taken meanwhile."""
    page.context.set_offline(True)
    _take(page, squares[0])
    _take(page, squares[1])
    _use_elsewhere(page, squares[0])
    page.context.set_offline(False)
    page.get_by_text("Tout est envoyé").wait_for()
    page.get_by_role("button", name="Voir la liste").click()


def _another_window(page: Page) -> Page:
    browser = page.context.browser
    assert browser
    return browser.new_context(base_url="/".join(page.url.split("/")[:3]), locale="fr-FR").new_page()


def _use_elsewhere(page: Page, square: str) -> None:
    """At a counter of another window, by the person who stands there."""
    other = _another_window(page)
    role("guichet")(other)
    _redeem(other, "", square.split("/")[-2])
    other.context.close()


def _look_at_one_refused(page: Page, squares: list[str]) -> None:
    """A pass that was used, added to one that is good."""
    _take(page, squares[0])
    _scan(page, squares[1])
    page.wait_for_selector("[data-confirm]")
    _scan_beside(page, squares[0])
    page.get_by_text("Ce qui était affiché reste là").wait_for()


def _scan_beside(page: Page, square: str) -> None:
    page.get_by_text("Ajouter un pass de ce carnet").click()
    page.locator("main input:visible").last.fill(square)
    page.locator("main input:visible").last.press("Enter")


def _reopen_off_line(page: Page, squares: list[str]) -> None:
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("Sans réseau, scannez").wait_for()


def _open_off_line(name: str) -> Callable[[Page, list[str]], None]:
    """Another page than the counter, that the server would have to answer."""

    def go(page: Page, squares: list[str]) -> None:
        page.context.set_offline(True)
        page.goto(f"{page.url}{name}/")
        page.get_by_role("heading", name="demande le réseau").wait_for()

    return go


def _ask_for_the_network(page: Page, squares: list[str]) -> None:
    page.goto(f"{page.url}seances/")
    until(page, KEPT)
    page.context.set_offline(True)
    page.get_by_role("button", name="Ouvrir la séance").click()
    page.get_by_text("Il faut le réseau pour cela").wait_for()


def _without_memory(page: Page, squares: list[str]) -> None:
    """A device whose browser has stopped keeping anything."""
    page.context.set_offline(True)
    page.evaluate("() => { IDBDatabase.prototype.transaction = () => { throw new DOMException('', 'Full'); }; }")
    _scan(page, squares[0])


def _sent(page: Page, squares: list[str]) -> None:
    _note_off_line(page, squares)
    page.context.set_offline(False)
    page.get_by_text("Le réseau est revenu").wait_for()


def _day_with_a_queue(page: Page, squares: list[str]) -> None:
    page.route("**/redemptions/batch/", lambda route: route.abort())
    _note_off_line(page, squares)
    page.context.set_offline(False)
    page.goto(f"{page.url}journee/")
    until(page, "document.querySelector('[data-queue] .queue')")


def _session_off_line(page: Page, squares: list[str]) -> None:
    page.goto(f"{page.url}seances/")
    page.get_by_role("button", name="Ouvrir la séance").click()
    until(page, KEPT.replace(".keep,", ".keepSession,"))
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("Dans la séance").wait_for()


def _hand_in(page: Page, squares: list[str]) -> None:
    """What the tablet noted before a manager stopped it."""
    manager = _another_window(page)
    _note_off_line(page, squares)
    page.goto("about:blank")
    role("acteur", "Appareils")(manager)
    rows = manager.locator("main tr").filter(has_text="Tablette de l’accueil")
    while (stop := rows.get_by_role("link", name="Arrêter")).count():
        stop.first.click()
        manager.locator("main form button").click()
        manager.wait_for_url("**/appareils/")
    manager.context.close()
    page.context.clear_cookies(name=re.compile("session"))  # of the manager, who paired it
    page.context.set_offline(False)
    page.goto("/guichet/")
    page.get_by_text("Noté sans réseau et transmis").wait_for()


def _nothing_taken(page: Page, cover: str, code: str) -> None:
    _look_up(page, cover, code)
    page.context.set_offline(True)
    page.click("main [data-confirm] button")
    page.wait_for_selector("[data-outcome=refused]")
    page.evaluate("document.getElementById('network').scrollIntoView()")


def _sheet(page: Page, cover: str, code: str) -> None:
    _hold(page, cover, code)
    page.get_by_role("button", name="Préparer la feuille").click()
    page.get_by_role("link", name="Ouvrir la feuille").wait_for()
    page.evaluate("document.getElementById('pass').scrollIntoView()")


def _remove(page: Page, cover: str, code: str) -> None:
    _hold(page, cover, code)
    page.get_by_role("button", name="Retirer le pass").first.click()
    page.wait_for_selector("[data-outcome=voided]")


def _pair_twice(page: Page) -> None:
    _pair(page)
    link = page.url
    page.click("main button.btn.big")
    page.goto(link)


def _nowhere(page: Page) -> None:
    role("commanditaire")(page)
    page.goto("/guichet/")


def _explain(page: Page, cover: str, code: str) -> None:
    """The refusal of a used pass, rule by rule, as the actor's manager reads it."""
    _refuse(page, cover, code)
    role("acteur", "Refus")(page)
    page.goto(page.locator("main tbody a").first.get_attribute("href") or "")


def _balance(page: Page, cover: str, code: str) -> None:
    page.goto(cover)


def small(png: bytes) -> bytes:
    """The same picture with fewer colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def report_of(name: str) -> Way:
    """The report of one of the funder's operations."""

    def go(page: Page) -> None:
        role("commanditaire")(page)
        row = page.locator("main tr").filter(has_text=name).filter(has_not_text="suite")
        page.goto(row.locator("a").filter(has_text="Rapport").get_attribute("href") or "")

    return go


def _map(page: Page) -> None:
    role("operateur", "Territoires")(page)
    page.goto(f"{page.url}?niveau=epci&departement=33")
    page.locator("figure").scroll_into_view_if_needed()


PICTURES: dict[str, tuple[tuple[int, int], Way]] = {
    "visite": (COMPUTER, lambda page: page.goto("/demonstration/") and None),
    "operateur": (COMPUTER, role("operateur")),
    "operateur-reglement": (COMPUTER, role("finance", "Règlements", "R2")),
    "operateur-territoires": (COMPUTER, _map),
    "operateur-preuve": (COMPUTER, role("operateur", "Preuve")),
    "commanditaire": (COMPUTER, role("commanditaire")),
    "commanditaire-rapport": (COMPUTER, report_of("Gironde connectée")),
    "tete-de-reseau": (COMPUTER, role("reseau")),
    "tete-de-reseau-plan": (COMPUTER, role("reseau", "Plan")),
    "commanditaire-suivre": (COMPUTER, role("commanditaire", "Suivre un euro", "Tout votre argent")),
    "aiguilleur": (COMPUTER, role("aiguilleur")),
    "aiguilleur-remettre": (TELEPHONE, role("aiguilleur", "Remettre un carnet")),
    "acteur": (COMPUTER, role("acteur")),
    "acteur-paiements": (COMPUTER, role("acteur", "Paiements")),
    "acteur-revenus": (COMPUTER, role("acteur", "Revenus")),
    "guichet": (TELEPHONE, with_booklet("guichet", _look_up)),
    "guichet-associer": (TELEPHONE, _pair),
    "guichet-pret": (TELEPHONE, with_booklet("guichet", _stand)),
    "guichet-encaisse": (TELEPHONE, with_booklet("guichet", _redeem)),
    "guichet-refus": (TELEPHONE, with_booklet("guichet", _refuse)),
    "guichet-plusieurs": (TELEPHONE, on_tablet(_several)),
    "guichet-annule": (TELEPHONE, on_tablet(_undo)),
    "guichet-hors-ligne": (TELEPHONE, on_tablet(_look_off_line)),
    "guichet-note": (TELEPHONE, on_tablet(_note_off_line)),
    "guichet-reponses": (TELEPHONE, on_tablet(_answers)),
    "guichet-ajout-refuse": (LONG, on_tablet(_look_at_one_refused)),
    "guichet-rouvert": (TELEPHONE, on_tablet(_reopen_off_line)),
    "guichet-page-absente": (TELEPHONE, on_tablet(_open_off_line("journee"))),
    "guichet-faut-reseau": (TELEPHONE, on_tablet(_ask_for_the_network)),
    "guichet-sans-memoire": (TELEPHONE, on_tablet(_without_memory)),
    "guichet-parti": (TELEPHONE, on_tablet(_sent)),
    "guichet-journee-attente": (TELEPHONE, on_tablet(_day_with_a_queue)),
    "guichet-seance-hors-ligne": (TELEPHONE, on_tablet(_session_off_line)),
    "guichet-remise": (TELEPHONE, on_tablet(_hand_in)),
    "guichet-rien": (LONG, with_booklet("guichet", _nothing_taken)),
    "guichet-seance-feuille": (TELEPHONE, with_booklet("guichet", _sheet)),
    "guichet-seance-retire": (TELEPHONE, with_booklet("guichet", _remove)),
    "guichet-lien-perime": (TELEPHONE, _pair_twice),
    "guichet-nulle-part": (TELEPHONE, _nowhere),
    "guichet-entrainement-absent": (TELEPHONE, on_tablet(_open_off_line("entrainement"))),
    "guichet-entrainement": (TELEPHONE, with_booklet("guichet", _train)),
    "guichet-seance": (TELEPHONE, with_booklet("guichet", _hold)),
    "guichet-effet": (TELEPHONE, with_booklet("guichet", _observe)),
    "guichet-journee": (TELEPHONE, with_booklet("guichet", _day)),
    "acteur-refus": (COMPUTER, with_booklet("guichet", _explain)),
    "habitant": (TELEPHONE, with_booklet("habitant", _balance)),
    "transparence": (COMPUTER, lambda page: page.goto("/transparence/") and None),
}


def main() -> None:
    """Take all of them, or those named after the address."""
    base, *names = sys.argv[1:]
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as tools:
        program = os.environ.get("PLAYWRIGHT_CHROMIUM", "/usr/bin/chromium")
        browser = tools.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in names or PICTURES:
            (width, height), way = PICTURES[name]
            context = browser.new_context(
                base_url=base, viewport={"width": width, "height": height}, locale="fr-FR", reduced_motion="reduce"
            )
            page = context.new_page()
            page.set_default_timeout(60_000)
            way(page)
            picture = small(page.screenshot())
            (IMAGES / f"{name}.png").write_bytes(picture)
            sys.stdout.write(f"{name}.png {len(picture) // 1000} kB\n")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
