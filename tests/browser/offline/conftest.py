"""A server that may die, a site, passes, and a tablet that was paired with it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from passes.models import Batch
from tests.browser.offline.tablet import Server, Tablet, running
from tests.passes.world import TestTill, make_batch, make_till


@pytest.fixture
def server(fresh_database: Any) -> Iterator[Server]:
    with running(fresh_database) as started:
        yield started


@pytest.fixture
def open_tablet(server: Server, chromium: Browser) -> Iterator[Callable[..., Tablet]]:
    """`open_tablet()`: a device of its own, not paired yet."""
    contexts = []

    def open_one() -> Tablet:
        context = chromium.new_context(
            base_url=server.address, viewport={"width": 1280, "height": 900}, locale="fr-FR",
            timezone_id="Europe/Paris", reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Tablet(context.new_page())

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def till(fresh_database: Any) -> TestTill:
    return make_till()


@pytest.fixture
def batch(fresh_database: Any) -> Batch:
    return make_batch(booklets=3)


@pytest.fixture
def tablet(open_tablet: Callable[..., Tablet], till: TestTill, batch: Batch) -> Tablet:
    """Paired, with everything kept that it needs."""
    return open_tablet().pairs(till)
