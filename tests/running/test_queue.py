"""Queueing never fails a page, and each process knows the addresses of its own role only."""

from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from aptic.celery import SCHEDULE, RowBackedTask, app
from aptic.keys import PUBLISHED, SEEDS, read_ring
from aptic.running import programs
from aptic.running.environment import Place

PLACE = Place(var=Path("/nowhere"), bind="127.0.0.1", port=8000, database_urls={}, redis_url="")


def test_a_broker_that_is_away_fails_nobody(monkeypatch, caplog):
    def away(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(RowBackedTask.__mro__[1], "apply_async", away)

    @app.task(name="tests.nothing")
    def task():
        pass

    assert task.apply_async() is None
    assert "left to the schedule" in caplog.text


def test_only_json_is_read():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late


def test_scheduled_messages_expire_so_that_they_cannot_pile_up():
    assert all(entry["options"]["expires"] > 0 for entry in SCHEDULE.values())


@pytest.mark.parametrize(
    ("child", "hidden"),
    [
        (programs.web(PLACE), {"DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"}),
        (programs.worker(), {"DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"}),
        (programs.clock(PLACE.var), {"DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"}),
        (programs.system_worker(), {"DATABASE_OWNER_URL"}),
    ],
    ids=["web", "worker", "clock", "system"],
)
def test_processes_do_not_know_the_roles_they_do_not_need(child, hidden):
    assert {name for name, value in child.env.items() if name.startswith("DATABASE_") and not value} == hidden


@pytest.mark.parametrize(
    "child",
    [programs.web(PLACE), programs.clock(PLACE.var), programs.system_worker()],
    ids=["web", "clock", "system"],
)
def test_who_does_not_print_is_given_what_checks_signatures_and_not_what_makes_them(child, settings):
    seed = settings.SIGNING_KEYS[0].split(":")[1]
    assert child.env[SEEDS] == ""  # given, so that keys.env does not give another
    assert seed not in " ".join(child.env.values())
    assert list(read_ring(child.env[PUBLISHED].split(","))) == [1]


def test_who_prints_has_the_seeds_and_so_has_the_web_server_of_a_demonstration(settings):
    for child in (programs.worker(), programs.web(PLACE, signs=True)):
        assert child.env[SEEDS].split(",") == settings.SIGNING_KEYS
    queues = programs.worker().command[programs.worker().command.index("-Q") + 1]
    assert "documents" in queues.split(",")
