"""A paired device at its counter: a real server that can go away, a tablet with its own storage, printed passes."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from aptic.accounts.devices import create_device, pairing_url
from aptic.accounts.models import Role
from aptic.embedded.process import end, spawn
from aptic.tenancy.principal import Hat, acting
from passes import codes
from passes.models import Batch
from tests.browser.person import Person
from tests.conftest import web_command
from tests.factories import make_member
from tests.passes.world import TestTill
from tests.ports import held_port


@dataclass
class Server:
    """The web server of a test on a port of its own: stopped, killed and started again under the same address."""

    database: Any
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where browsers find it."""
        return f"http://localhost:{self.port}"

    def start(self, **more: str) -> None:
        """Start it, and wait until it listens; `more` joins its environment."""
        environment = {**os.environ, **self.database.as_tests_see_it(), "APTIC_PUBLIC_URL": self.address}
        self.process = spawn(web_command(self.port), env=environment | more)
        deadline = time.monotonic() + 60
        while not self._listens():
            assert self.process.poll() is None, "the server did not start"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the server and of its workers: nothing is finished."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """End it as at the end of the day."""
        if self.process is not None:
            end(self.process, (signal.SIGTERM, 5))
            self.process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running(database: Any) -> Iterator[Server]:
    """A server for the length of a block."""
    with held_port() as port:
        server = Server(database, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Tablet(Person):
    """A paired device: scans as a keyboard scanner does, goes off line and comes back."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.context: BrowserContext = page.context

    @property
    def line(self) -> Locator:
        """What it says about its network."""
        return self.page.locator("#network [role=status]")

    def _hear(self, message: ConsoleMessage) -> None:
        # htmx tells of every request that got no answer: that is what these tests are about.
        if not message.text.startswith("htmx:"):
            super()._hear(message)

    def _keep_picture(self, width: int) -> None:
        """One for each state: they all have the same address."""
        folder = os.environ.get("APTIC_SCREENSHOTS")
        if not folder:
            return
        heading = self.page.locator("h1").first.inner_text()
        for wide in (1280, 390):
            self.page.set_viewport_size({"width": wide, "height": 900})
            line = self.line.inner_text()[:20] if self.line.count() else ""
            name = f"{heading} {line}-{wide}.png"
            self.page.screenshot(path=Path(folder) / re.sub(r"[^\w.-]+", "_", name), full_page=True, caret="initial")

    def pairs(self, till: TestTill) -> "Tablet":
        """By the link that a manager shows, through the pages."""
        with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
            _, token = create_device(organisation_id=till.site.actor_id, site_id=till.site.pk, name="Tablette")
        self.page.goto("/" + pairing_url(token).split("/", 3)[3])
        self.page.get_by_role(
            "button", name=re.compile("^(Associer cet appareil|Changer de lieu et associer)$")
        ).click()
        expect(self.line).to_have_text("En ligne")
        return self.is_ready()

    def is_ready(self) -> "Tablet":
        """Everything that it needs without a network is kept: worker, files, page, knowledge."""
        self.page.evaluate(
            f"""async () => {{
                 const {{ keep, keepSession, site }} = document.getElementById("counter").dataset;
                 const ready = async () => navigator.serviceWorker.controller
                   && await caches.match(keepSession ?? keep, {{ ignoreVary: true }})
                   && await ({MEMO})(`knowledge ${{site}}`);
                 while (!await ready()) await new Promise((next) => setTimeout(next, 20));
               }}"""
        )
        return self

    def knows(self, serial: int) -> "Tablet":
        """That this pass is blocked."""
        self.page.evaluate(
            f"""async (serial) => {{
                 const {{ site }} = document.getElementById("counter").dataset;
                 const known = async () => (await ({MEMO})(`knowledge ${{site}}`)).knowledge.blocked.includes(serial);
                 while (!await known()) await new Promise((next) => setTimeout(next, 20));
               }}""",
            serial,
        )
        return self

    def scans(self, text: str) -> "Tablet":
        """Into the page's own way for what was read, wherever the focus is."""
        self.page.evaluate(
            """(text) => { const scan = document.getElementById("scan");
                           scan.elements.code.value = text; scan.requestSubmit(); }""",
            text,
        )
        return self

    def takes(self, text: str) -> "Tablet":
        """Scan a pass and confirm, for the service that is proposed first."""
        self.scans(text).reads("Ce pass est valable")
        self.page.locator("[data-confirm] button").click()
        return self

    def says(self, words: str, *, seconds: float = 15) -> "Tablet":
        """The line about the network, in these words."""
        expect(self.line).to_have_text(words.replace(" :", "\u00a0:"), timeout=seconds * 1000)
        return self

    def goes_off_line(self) -> "Tablet":
        """As when the cable is pulled."""
        self.context.set_offline(True)
        return self

    def comes_back(self) -> "Tablet":
        """As when it is plugged in again."""
        self.context.set_offline(False)
        return self

    def items(self) -> list[dict[str, Any]]:
        """What stands in its queue."""
        return self.page.evaluate(f"() => ({ITEMS})()")

    def fills_its_queue(self, items: list[dict[str, Any]]) -> None:
        """As many passes taken without a network, without the hours that scanning them takes."""
        self.page.evaluate(
            """(items) => new Promise((resolve) => {
                 const asked = indexedDB.open("aptic-counter", 1);
                 asked.onsuccess = () => {
                   const work = asked.result.transaction("items", "readwrite");
                   for (const item of items) work.objectStore("items").put(item);
                   work.oncomplete = () => { asked.result.close(); resolve(); };
                 };
               })""",
            items,
        )


READ = """(store, key) => new Promise((resolve) => {
  const asked = indexedDB.open("aptic-counter", 1);
  asked.onsuccess = () => {
    const base = asked.result;
    const read = base.transaction(store).objectStore(store);
    const found = key === undefined ? read.getAll() : read.get(key);
    found.onsuccess = () => { base.close(); resolve(found.result); };
  };
})"""
MEMO = f"(key) => ({READ})('memo', key)"
ITEMS = f"() => ({READ})('items')"


def printed(batch: Batch, booklet: int = 0, position: int = 1) -> str:
    """What stands in the QR of a pass."""
    serial = (batch.first_booklet + booklet) << 4 | position
    return codes.signed_url(
        serial, batch.code_key, batch=batch.pk, value_cents=batch.face_value_cents, ends_on=batch.ends_on
    )


def forged(text: str) -> str:
    """A pass that somebody wrote: the same code and the same facts under a signature that is not ours."""
    return text[:-20] + ("0" * 20 if text[-20:] != "0" * 20 else "1" * 20)
