"""A browser, a worker beside the live site, and people who are logged in."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from aptic.embedded.process import end, spawn
from aptic.running import programs
from tests.browser.person import Person
from tests.factories import Member

CHROMIUM = os.environ.get("APTIC_CHROMIUM") or "/usr/bin/chromium"
# Each window would load two pages for the suggestions of an address bar that no test has: a quarter of all its work.
# Chromium obeys the last list only, so Playwright's own comes first.
DISABLED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
ARGUMENTS = ("--no-sandbox", f"--disable-features={DISABLED}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a machine without it fails.

    While its loop runs, Django gives this thread a second set of connections. The first is closed before, or a process
    forked later, where no loop runs, would talk through it to the database of another test.
    """
    connections.close_all()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread; the tests' own queries are not part of it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def worker(live_site: str, fresh_database: Any) -> Iterator[None]:
    """What works off the queues of the live site."""
    environment = {
        **os.environ,
        **fresh_database.as_tests_see_it(),
        "APTIC_PUBLIC_URL": live_site,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APTIC_WORKERS", "1")  # the command is written from our environment
        command = programs.worker().command
    process = spawn(command, env=environment)
    yield
    end(process, (signal.SIGTERM, 5))


@pytest.fixture
def enter(live_site: str, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """`enter(member)`: that member's window on the site, logged in; `enter()`: somebody without an account."""
    contexts = []

    def open_window(member: Member | None = None, *, width: int = 1280, javascript: bool = True) -> Person:
        context = chromium.new_context(
            base_url=live_site,
            viewport={"width": width, "height": 900},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if member:
            session = member.log_in(Client()).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_site}])
        return Person(context.new_page(), has_scripts=javascript)

    yield open_window
    for context in contexts:
        context.close()
