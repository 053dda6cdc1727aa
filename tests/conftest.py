"""Fixtures of the whole suite: real servers, one database per worker, and latent defects made to fail."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command, get_commands
from django.db import connections

from aptic.embedded.process import end, spawn
from aptic.running import programs
from aptic.running.environment import Place
from aptic.tenancy.demonstration import is_demonstration
from impact.demonstration.story import seed
from tests.ports import held_port
from tests.servers import ROLES, SERVERS
from tests.strict_templates import strict_templates

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
SCALE = 0.04  # of the demonstration, in tests
# `server`: a PostgreSQL of the tests' own, with a site that counts in our Valkey.
DATABASE_FIXTURES = {"db", "fresh_database", "transactional_db", "live_site", "server"}

# How fast inputs are drawn, and how long one of them takes, say how busy the machine is and what the first one had to
# import: the 200 ms that Hypothesis allows were nobody's choice. What must be fast is asserted where it is promised.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """The run's first process starts the servers; its workers find them."""
    if not hasattr(config, "workerinput"):
        SERVERS.use()


def pytest_unconfigure(config: pytest.Config) -> None:
    """And stops them, unless another run uses them."""
    if not hasattr(config, "workerinput"):
        SERVERS.leave()


def point_at(name: str) -> None:
    """Make every connection, in every thread, open the database `name` from now on."""
    for alias in connections:
        connections[alias].close()
        connections.settings[alias]["NAME"] = name


def _fill(template: str) -> None:
    """Migrate as the owner, then load what every installation has."""
    point_at(template)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    if "load_territories" in get_commands():
        call_command("load_territories", "--departement", "33", verbosity=0)
    for alias in connections:
        connections[alias].close()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """This worker's own database, a clone of the template."""
    with django_db_blocker.unblock(), SERVERS.template() as (template, empty):
        if empty:
            _fill(template)
    name = SERVERS.clone()
    with django_db_blocker.unblock():
        point_at(name)
        is_demonstration()  # asked once per process: no test counts that statement by being the first
    yield
    with django_db_blocker.unblock():
        point_at("nowhere")
    SERVERS.drop(name)
    SERVERS.drop_spare()


class FreshDatabase:
    """A database of the test's own, where what is committed stays until the test ends."""

    def __init__(self, name: str) -> None:
        self.name = name

    def connect(self, alias: str = "default") -> Any:
        """A plain psycopg connection under the role of `alias`, in autocommit."""
        return SERVERS.postgres.connect(role=ROLES[alias], database=self.name)

    def admin(self) -> Any:
        """A superuser's connection, for tests that tamper."""
        return SERVERS.admin(self.name)

    def environment(self) -> dict[str, str]:
        """The variables that point another process at this database."""
        names = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "system": "DATABASE_SYSTEM_URL"}
        urls = {names[alias]: SERVERS.postgres.url(role, self.name) for alias, role in ROLES.items()}
        return {**urls, "REDIS_URL": settings.REDIS_URL, "APTIC_VAR": str(settings.VAR)}

    def as_tests_see_it(self) -> dict[str, str]:
        """The variables of another process that runs under the settings of the tests."""
        number = settings.REDIS_URL.rsplit("db=", 1)[1]
        names = {"APTIC_TEST_DATABASE": self.name, "APTIC_TEST_VALKEY": number}
        debtor = {"APTIC_DEBTOR_NAME": "Opérateur d’essai", "APTIC_DEBTOR_IBAN": "FR1420041010050500013M02606"}
        return {"DJANGO_SETTINGS_MODULE": "tests.settings", **names, **debtor}


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[FreshDatabase]:
    """Real commits, several connections and the system role, on a clone that is dropped afterwards."""
    before = connections.settings["default"]["NAME"]
    name = SERVERS.clone()
    with django_db_blocker.unblock():
        point_at(name)
        yield FreshDatabase(name)
        point_at(before)
    SERVERS.drop_later(name)


@pytest.fixture(scope="session")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database in which the demonstration's story was played, once and small."""
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


def web_command(port: int) -> list[str]:
    """The web server of `make run` on `port`, as one process of four threads: a second one takes seconds to start."""
    place = Place(var=settings.VAR, bind="127.0.0.1", port=port, database_urls={}, redis_url="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APTIC_WEB_WORKERS", "1")  # the command is written from our environment, not from the server's
        return programs.web(place).command


@contextmanager
def serving(database: FreshDatabase, *, under: str = "tests.settings") -> Iterator[str]:
    """The address of a real server on `database`, under the settings module `under`."""
    with held_port() as port:
        environment = {
            **os.environ,
            **database.as_tests_see_it(),
            "DJANGO_SETTINGS_MODULE": under,
            "APTIC_PUBLIC_URL": f"http://localhost:{port}",
        }
        server = spawn(web_command(port), env=environment)
        try:
            deadline = time.monotonic() + 60
            while not _listens(port):
                assert server.poll() is None, "the server did not start"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)
            yield f"http://localhost:{port}"
        finally:
            end(server, (signal.SIGTERM, 5))


@pytest.fixture
def live_site(fresh_database: FreshDatabase) -> Iterator[str]:
    """The address of a real server on the test's own database, for browsers and for HTTP races."""
    with serving(fresh_database) as address:
        yield address


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """`together(n, work)`: call `work(i)` in n threads that start at the same instant, each with its own connections.

    Returns, in order, what each returned or the exception it raised.
    """

    def run(n: int, work: Callable[[int], Any], *, timeout: float = 60) -> list[Any]:
        barrier, results = threading.Barrier(n), [None] * n

        def one(index: int) -> None:
            try:
                connections["default"].ensure_connection()
                barrier.wait(timeout)
                results[index] = work(index)
            except BaseException as error:  # noqa: BLE001 - the test judges it
                results[index] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(index,), daemon=True) for index in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
        assert not any(thread.is_alive() for thread in threads), "a thread still waits: deadlock?"
        return results

    return run


@pytest.fixture(autouse=True)
def _empty_valkey(request: pytest.FixtureRequest) -> Iterator[None]:
    """Counters and cache never pass from one test to the next."""
    yield
    if DATABASE_FIXTURES & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        cache.clear()


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Nothing may talk to another machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOCAL):
            raise AssertionError(f"a test tried to reach {address[0]}")
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True, scope="session")
def _strict_templates(django_test_environment: None) -> Iterator[None]:
    """A variable that our templates name and nobody gave fails the test."""
    with strict_templates():
        yield


@pytest.fixture(autouse=True, scope="session")
def _still_authenticators() -> Iterator[None]:
    """A code that was shown is still the right one when it is given: no period of thirty seconds ends in between."""
    now = time.time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))
        yield
