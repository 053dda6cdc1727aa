"""The story played once, small, in a database of its own; each test gets a copy of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections

from impact.demonstration.story import seed
from tests.conftest import FreshDatabase, point_at
from tests.servers import SERVERS

SCALE = 0.04


@pytest.fixture(scope="session")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database in which the story was played."""
    before, name = connections.settings["default"]["NAME"], SERVERS.clone()
    with django_db_blocker.unblock():
        point_at(name)
        seed(scale=SCALE)
        point_at(before)
    yield name
    SERVERS.drop(name)


@pytest.fixture
def demonstration(played: str, django_db_blocker: Any) -> Iterator[FreshDatabase]:
    """A copy of it, with real commits and the system role."""
    before, name = connections.settings["default"]["NAME"], f"{played}_copy"
    SERVERS.create(name, template=played)
    with django_db_blocker.unblock():
        point_at(name)
        yield FreshDatabase(name)
        point_at(before)
        cache.clear()
    SERVERS.drop(name)
