"""The counter as an app: light at its first load, quick on a slow network, renewed without losing anything."""

import gzip
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser, CDPSession, Response, expect

from aptic.static_files import COMMENTS
from passes.models import Batch
from tests.browser.offline.tablet import Server, Tablet, printed
from tests.busy import timed
from tests.passes.world import TestTill, make_till

FIRST_LOAD = 120 * 1024  # bytes, gzipped, without the WebAssembly
USABLE = 3.0  # seconds on a slow 3G, once installed
SLOW_3G = {
    "offline": False,
    "latency": 2000,
    "downloadThroughput": 51_200,
    "uploadThroughput": 51_200,
}  # as DevTools has it
KEPT = """async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys())))
  .flat().map((request) => request.url)"""
NEVER_SHRINKS = (".woff2", ".png", ".wasm")


def test_the_first_load_is_light(tablet: Tablet) -> None:
    """All that a new device fetches until it can go on without a network: for the page, and by its worker."""
    fresh = tablet.context.browser.new_context(base_url=tablet.page.url)
    fresh.add_cookies(tablet.context.cookies())
    page = fresh.new_page()
    answers: list[Response | APIResponse] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(tablet.page.url, wait_until="networkidle")
    Tablet(page).is_ready()
    asked = {answer.url for answer in answers}
    of_the_worker = {f"{page.url.split('/guichet/')[0]}/guichet/sw.js", *page.evaluate(KEPT)} - asked
    answers += [page.request.get(url) for url in sorted(of_the_worker)]
    weights = {answer.url.split("/", 3)[3]: weight(answer) for answer in answers if not answer.url.endswith(".wasm")}
    fresh.close()
    total = sum(weights.values())
    print(f"\n{len(weights)} requests, {total / 1024:.1f} KB as they travel")  # noqa: T201 - the figure of the promise
    heaviest = sorted(weights.items(), key=lambda pair: -pair[1])
    assert {"guichet/sw.js", "static/vendor/zxing.js"} <= {*weights}, "what the worker fetches is heard too"
    assert [name for name in weights if "leaflet" in name] == []
    assert total <= FIRST_LOAD, heaviest


def weight(answer: Response | APIResponse) -> int:
    """What travels: a file goes through our storage outside of tests, a page is compressed where the server says so."""
    body, path = answer.body() if answer.status == 200 else b"", answer.url.split("/", 3)[3]
    shrinks = path.startswith("static/") and not path.endswith(NEVER_SHRINKS)
    if path.startswith("static/counter/"):
        body = re.sub(COMMENTS, "", body.decode()).encode()
    return len(gzip.compress(body, 9)) if shrinks or answer.headers.get("content-encoding") == "gzip" else len(body)


def test_on_a_slow_3g_it_is_usable_in_three_seconds_once_installed(
    tablet: Tablet, chromium: Browser, batch: Batch
) -> None:
    slow_down(chromium, tablet)
    with timed() as opening:
        tablet.page.goto("/guichet/", wait_until="commit")  # where the installed app starts
        tablet.page.locator("#code").wait_for()
        expect(tablet.page.locator("#code")).to_be_focused()
        expect(tablet.line).not_to_be_empty()  # the scripts run
    figure = f"{opening.seconds:.2f} s, waiting for a core {opening.factor:.2f} times"
    print(f"\nusable after {figure} on a slow 3G")  # noqa: T201 - the figure of the promise
    assert opening.quiet(idle=SLOW_3G["latency"] / 1000) <= USABLE


def slow_down(chromium: Browser, tablet: Tablet) -> None:
    """A slow 3G for the page and for its service worker, which has a network of its own."""
    page = tablet.context.new_cdp_session(tablet.page)
    page.send("Network.enable")
    page.send("Network.emulateNetworkConditions", SLOW_3G)
    whole = chromium.new_browser_cdp_session()
    origin = tablet.page.url.split("/guichet/")[0]
    for target in whole.send("Target.getTargets")["targetInfos"]:
        if target["type"] == "service_worker" and target["url"].startswith(origin):
            inside(whole, target["targetId"], "Network.enable", {})
            inside(whole, target["targetId"], "Network.emulateNetworkConditions", SLOW_3G)


def inside(whole: CDPSession, target: str, method: str, params: dict[str, Any]) -> None:
    session = whole.send("Target.attachToTarget", {"targetId": target, "flatten": False})["sessionId"]
    message = json.dumps({"id": 1, "method": method, "params": params})
    whole.send("Target.sendMessageToTarget", {"sessionId": session, "message": message})


def test_a_new_version_takes_over_without_losing_the_queue(
    server: Server, tablet: Tablet, batch: Batch, till: TestTill, tmp_path: Path
) -> None:
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    (before,) = tablet.page.evaluate("caches.keys()")
    server.stop()
    shutil.copytree(os.environ["APTIC_TEST_LIBRARIES"], tmp_path / "libraries")
    (tmp_path / "libraries" / "counter").mkdir()
    (tmp_path / "libraries" / "counter" / "next.js").write_text("// what the next version brings")
    server.start(APTIC_TEST_LIBRARIES=str(tmp_path / "libraries"))
    tablet.comes_back().reads("C’est encaissé")
    tablet.page.goto("/guichet/")
    tablet.page.evaluate(
        """async (before) => {
             while ((await caches.keys()).includes(before)) await new Promise((next) => setTimeout(next, 20));
           }""",
        before,
    )
    assert len(tablet.page.evaluate("caches.keys()")) == 1
    tablet.is_ready()
    assert [item["verdict"]["status"] for item in tablet.items()] == [201]
    tablet.goes_off_line().page.goto("/guichet/")
    tablet.takes(printed(batch, position=2)).reads("C’est noté")


def test_a_device_that_moved_to_another_site_opens_there(tablet: Tablet) -> None:
    other = make_till()
    tablet.pairs(other)
    assert str(other.site.pk) in tablet.page.url
    tablet.page.goto("/guichet/")
    assert tablet.page.evaluate("counter.dataset.site") == str(other.site.pk)
    kept = tablet.page.evaluate(
        "async () => (await (await caches.open((await caches.keys())[0])).keys()).map((r) => r.url)"
    )
    assert [url for url in kept if "hors-ligne" in url] == [url for url in kept if str(other.site.pk) in url]
