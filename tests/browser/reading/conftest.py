"""One site for all tests of a module, and browsers that have cameras."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.reading.desk import COUNTER, WithCamera
from tests.conftest import FreshDatabase, serving


@pytest.fixture(scope="module")
def live_site(django_db_setup: None) -> Iterator[str]:
    """Reading writes nothing: the worker's own database will do."""
    with serving(FreshDatabase(connections.settings["default"]["NAME"]), under="tests.reading.settings") as address:
        yield address


@pytest.fixture
def with_camera(chromium: Browser, live_site: str) -> Iterator[WithCamera]:
    """`with_camera(film)`: a page of a browser whose two cameras show that film; allowed unless said otherwise."""
    browsers: list[Browser] = []

    def launch(path: Path | None = None, *, allowed: bool = True, script: str = "") -> Page:
        arguments = [*ARGUMENTS, "--host-resolver-rules=MAP essai.example 127.0.0.1"]
        arguments += ["--use-fake-device-for-media-stream=device-count=2"]
        arguments += [f"--use-file-for-fake-video-capture={path}"] if path else []
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=arguments)
        browsers.append(browser)
        context = browser.new_context(
            base_url=live_site, permissions=["camera"] if allowed else [], locale="fr-FR", reduced_motion="reduce"
        )
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(COUNTER)
        return page

    yield launch
    for browser in browsers:
        browser.close()
