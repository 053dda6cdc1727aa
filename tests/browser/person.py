"""Somebody in front of a screen: goes, reads, types, presses; every page they see is checked."""

import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

AXE = Axe()
NARROW = {"width": 320, "height": 700}


class Person:
    """A window. `look()` checks what is on the screen: no violation that axe finds, nothing wider than 320 pixels.

    Where no script runs, nothing can look at the page for us: it is read as it stands.
    """

    def __init__(self, page: Page, *, has_scripts: bool = True) -> None:
        self.page = page
        self.has_scripts = has_scripts
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused request is the page's answer, not its defect; what the policy blocks or a script says is one.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def goes(self, path: str) -> "Person":
        """To an address."""
        self.page.goto(path)
        return self.look()

    def follows(self, name: str, *, exact: bool = False) -> "Person":
        """A link, by its words."""
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        return self.look()

    def presses(self, name: str) -> "Person":
        """A button, by its words."""
        self.page.get_by_role("button", name=name).first.click()
        return self.look()

    def types(self, **words: str) -> "Person":
        """Into fields, by their names in the form; what is hidden is no field."""
        for name, value in words.items():
            self.page.locator(f"[name={name}]:visible").first.fill(value)
        return self

    def ticks(self, label: str) -> "Person":
        """A box or a choice, by its words."""
        self.page.get_by_label(label).first.check()
        return self

    def chooses(self, name: str, label: str) -> "Person":
        """An entry of a list, by a part of its words."""
        box = self.page.locator(f"select[name={name}]")
        option = box.locator("option", has_text=label).first
        box.select_option(value=option.get_attribute("value"))
        return self

    def reads(self, *texts: str) -> "Person":
        """Each text is on the page; spaces of any kind are alike."""
        for text in texts:
            pattern = re.compile(r"\s+".join(re.escape(word) for word in text.split()))
            expect(self.page.locator("main")).to_contain_text(pattern)
        return self

    def waits_for(self, text: str, *, seconds: float = 60) -> "Person":
        """Until the page says so, without touching anything."""
        pattern = re.compile(r"\s+".join(re.escape(word) for word in text.split()))
        expect(self.page.locator("main")).to_contain_text(pattern, timeout=seconds * 1000)
        return self.look()

    def look(self) -> "Person":
        """Check the page as it stands."""
        self.page.wait_for_load_state()
        if self.has_scripts:
            self._passes_axe()
        assert not self.complaints, f"{self.page.url}: {self.complaints}"
        if self.has_scripts:
            self._shows_whole_at_320()
        return self

    def _passes_axe(self) -> None:
        found = AXE.run(self.page).response["violations"]
        assert not found, f"{self.page.url}: " + "; ".join(
            f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found
        )

    def _shows_whole_at_320(self) -> None:
        before = self.page.viewport_size
        assert before
        self._keep_picture(before["width"])
        self.page.set_viewport_size(NARROW)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW["width"], f"{self.page.url} is {width} pixels wide on a screen of {NARROW['width']}"
        self.page.set_viewport_size(before)

    def _keep_picture(self, width: int) -> None:
        """For eyes: every page a test sees, at 1280 and 390 pixels, in the folder that APTIC_SCREENSHOTS names."""
        folder = os.environ.get("APTIC_SCREENSHOTS")
        if not folder:
            return
        name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "x", self.page.url.split("/", 3)[-1]).strip("/").replace("/", "_")
        for wide in (1280, 390):
            self.page.set_viewport_size({"width": wide, "height": 900})
            self.page.screenshot(path=Path(folder) / f"{name[:80] or 'accueil'}-{wide}.png", full_page=True)
