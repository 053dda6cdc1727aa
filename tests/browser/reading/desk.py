"""What the tests of reading share: where the page is, what it heard, and how to wait for it."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from playwright.sync_api import Page

from passes import codes
from tests.browser.person import Person

Enter = Callable[..., Person]
WithCamera = Callable[..., Page]
COUNTER, BENCH = "/essai/guichet/", "/essai/banc/"
START, STOP = "Scanner avec la caméra", "Arrêter la caméra"
SERIALS = [(40 << 4) + place for place in range(1, 11)]  # of passes that need no row: reading asks no database


def code(place: int = 1) -> str:
    return codes.encode(SERIALS[place - 1], 1)


def address(place: int = 1) -> str:
    """What the square of a pass says."""
    return codes.signed_url(SERIALS[place - 1], 1, batch=1, value_cents=1000, ends_on=date(2027, 12, 31))


def scan(page: Page, text: str) -> None:
    """Type as a scanner does, a key every ten milliseconds by the browser's clock, however slow this machine is."""
    keyboard, now = page.context.new_cdp_session(page), time.time()
    for place, key in enumerate([*text, "Enter"]):
        event = {"type": "keyDown", "key": key, "timestamp": now + place / 100}
        keyboard.send("Input.dispatchKeyEvent", event | {"text": "\r" if key == "Enter" else key})


def until(page: Page, condition: str, *, seconds: int = 30) -> None:
    """Wait in the page; Playwright's own waiting needs `eval`, which the policy refuses."""
    page.evaluate(f"""() => new Promise((done, fail) => {{
        const look = () => (({condition}) ? done() : requestAnimationFrame(look));
        setTimeout(() => fail(new Error({condition!r} + " did not come")), {seconds * 1000});
        look();
    }})""")


def heard(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("window.heard")


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
