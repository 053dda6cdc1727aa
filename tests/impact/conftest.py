"""One small world per module: building it takes seconds, reading it does not change it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.conftest import FreshDatabase, point_at
from tests.impact.world import World, build
from tests.passes.conftest import tablet, till  # noqa: F401
from tests.servers import SERVERS


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[str, World]]:
    before = connections.settings["default"]["NAME"]
    name = SERVERS.clone()
    with django_db_blocker.unblock():
        point_at(name)
        try:
            built = build()
        finally:
            point_at(before)
    yield name, built
    SERVERS.drop_later(name)


@pytest.fixture
def world(_world: tuple[str, World], django_db_blocker: Any) -> Iterator[World]:
    """The module's world; tests that read it only."""
    name, built = _world
    before = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        point_at(name)
        built.database = FreshDatabase(name)
        yield built
        point_at(before)
