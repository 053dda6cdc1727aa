"""Somebody in front of a screen: goes, reads, types, presses; every page they see is checked."""

import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

expect.set_options(timeout=20_000)  # as long as for what one does: a wait for the page, and no promise of it
AXE = Axe()
NARROW = {"width": 320, "height": 700}
TWICE = {"width": 640, "height": 450}  # what 200 % leaves of a screen of 1280 by 900
# What runs over the side, where nothing scrolls sideways, or is cut by a box that hides what does not fit.
CUT = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".sr, .live-map, svg")) continue;
    // What is for readers alone is cut on purpose, a map moves; a field scrolls its own text, a picture is made to fit.
    const hides = ["hidden", "clip"].includes(getComputedStyle(e).overflowX) && !e.matches("input, select, img, video");
    if (hides && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1) found.push(e.outerHTML.slice(0, 200));
    if (!e.matches("a, button, input, select, textarea, summary, h1, h2")) continue;
    const { left, right } = e.getBoundingClientRect();
    let box = e;
    while (box && !scrolls(box)) box = box.parentElement;
    if (!box && (left < -1 || right > wide + 1)) found.push(e.outerHTML.slice(0, 200));
  }
  return found;
}"""


class Person:
    """A window. `look()` checks what is on the screen: no violation that axe finds, whole at 320 pixels and at 200 %.

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
            self._shows_whole()
        return self

    def _passes_axe(self) -> None:
        found = AXE.run(self.page).response["violations"]
        assert not found, f"{self.page.url}: " + "; ".join(
            f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found
        )

    def _shows_whole(self) -> None:
        before = self.page.viewport_size
        assert before
        self._keep_picture(before["width"])
        for size in (NARROW, TWICE):
            self.page.set_viewport_size(size)
            width, cut = self.page.evaluate(f"[document.documentElement.scrollWidth, ({CUT})()]")
            assert width <= size["width"], f"{self.page.url} is {width} pixels wide on a screen of {size['width']}"
            assert not cut, f"{self.page.url} at {size['width']} pixels cuts {cut}"
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
