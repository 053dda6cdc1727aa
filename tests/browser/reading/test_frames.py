"""The counter's own worker on damaged frames: nearly all are read, none is misread, and only it may compile."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.reading.desk import BENCH, Enter, percentile
from tests.passes.world import make_batch
from tests.reading import booklets, damage

EACH = 26  # frames of every kind of damage


@pytest.fixture
def scenes(db: None, tmp_path: Path) -> list[damage.Scene]:
    """The cover and the ten passes of a printed booklet, and each of them on a telephone."""
    printed = booklets.scenes(make_batch(booklets=1), tmp_path)
    assert len(printed) == 11
    return [one for scene in printed for one in (scene, damage.drawn(scene.text))]


def test_damaged_squares_are_read_and_never_misread(enter: Enter, scenes: list[damage.Scene], capsys: Any) -> None:
    page = enter().page
    current: list[bytes] = [b""]
    page.route("**/frame.png", lambda route: route.fulfill(body=current[0], content_type="image/png"))
    page.goto(BENCH)
    assert page.evaluate("window.ready") == {"ready": True}
    shown, right, wrong, spent = Counter[str](), Counter[str](), [], defaultdict[str, list[float]](list)
    for kind, scene, png in damage.frames(scenes, EACH):
        current[0] = png
        answer = page.evaluate("window.readFrame('/frame.png')")
        shown[kind] += 1
        right[kind] += answer["text"] == scene.text
        spent[kind].append(answer["ms"])
        if answer["text"] not in (None, scene.text):
            wrong.append((kind, answer["text"]))
    with capsys.disabled():
        print("\n    damage            read    ms p50  p95")  # noqa: T201
        for kind, number in shown.items():
            p50, p95 = percentile(spent[kind], 0.5), percentile(spent[kind], 0.95)
            print(f"    {kind:16} {right[kind]:3}/{number:3} {p50:8.1f} {p95:6.1f}")  # noqa: T201
        print(f"    {'all':16} {right.total():3}/{shown.total():3}")  # noqa: T201
    assert shown.total() >= 300
    assert not wrong
    assert right.total() >= 0.98 * shown.total()


def test_only_the_worker_may_compile_and_it_must_be_told_so(enter: Enter, live_site: str) -> None:
    page = enter().page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(BENCH)
    assert page.evaluate("window.ready") == {"ready": True}
    assert all(address.startswith(live_site) for address in asked)
    assert any(address.endswith("zxing_reader.wasm") for address in asked)
    module = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])"
    refused = page.evaluate(f"WebAssembly.compile({module}).then(() => 'compiled', (error) => error.name)")
    assert refused == "CompileError"

    def without_the_word(route: Route) -> None:
        response = route.fetch()
        policy = response.headers["content-security-policy"].replace(" 'wasm-unsafe-eval'", "")
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})

    page.route("**/reader-worker.js", without_the_word)
    page.goto(BENCH)
    assert "Content Security Policy" in page.evaluate("window.ready")["failed"]
