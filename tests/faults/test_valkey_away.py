"""Valkey dies: whoever holds a genuine pass redeems, pages go on, what cannot be counted stops with a clear answer."""

import uuid
from typing import Any

import pytest
from django.test import Client

from aptic.jobs import registry, services
from aptic.jobs.models import Job
from aptic.jobs.registry import job
from aptic.settings import CACHES
from aptic.tenancy.principal import acting
from tests.accounts.people import log_in, of
from tests.factories import make_distributor, make_funder
from tests.passes.world import code_of, make_batch, make_till


@pytest.fixture
def away(settings: Any) -> None:
    """An address where nobody listens, for the cache and for the broker."""
    dead = "redis://127.0.0.1:1/0"
    # As long as the product waits, not as long as tests do.
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": dead, "OPTIONS": CACHES["default"]["OPTIONS"]}
    }


def test_redeeming_needs_none(db, away):
    till, batch, key = make_till(), make_batch(), str(uuid.uuid4())
    assert till.redeem(code_of(batch), id=key).status_code == 201
    assert till.redeem(code_of(batch), id=key).status_code == 200
    assert till.redeem(code_of(batch)).status_code == 409


def test_a_false_code_is_still_unknown(db, away):
    till = make_till()
    answer = till.redeem("0000-0000-0000-0000")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")


def test_spaces_go_on(db, away):
    funder = make_funder()
    assert funder.log_in(Client()).get(f"/commanditaire/{funder.organisation.pk}/").status_code == 200


def test_logging_in_waits_because_nobody_can_count_the_attempts(db, away):
    answer = log_in(Client(), of(make_distributor()))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Rien de ce qui était enregistré n’est perdu" in answer.content.decode()


def test_public_look_ups_stop_with_a_sentence(db, away):
    answer = Client().get(f"/p/{code_of(make_batch())}/")
    assert answer.status_code == 503
    assert "Traceback" not in answer.content.decode()


def test_a_token_that_is_wrong_is_refused_and_a_good_one_passes(db, away):
    till, batch = make_till(), make_batch()
    assert Client(headers={"Authorization": "Bearer apd_faux"}).get("/api/v1/passes/x/").status_code == 401
    assert till.get(f"passes/{code_of(batch)}/").status_code == 200


def test_work_that_is_started_waits_in_its_row(fresh_database, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr("aptic.celery.app.conf.broker_url", "redis://127.0.0.1:1/0")

    @job("tests.waiting")
    def waiting(run: object) -> None:
        """Nothing."""

    monkeypatch.setattr("aptic.jobs.tasks.run_job.apply_async", _broker_away)
    funder = make_funder()
    with acting(funder.principal):
        started = services.start(kind="tests.waiting", params={}, title="Attendre")
    with acting(funder.principal):
        assert Job.objects.get(pk=started.pk).state == Job.State.QUEUED


def _broker_away(*args: Any, **kwargs: Any) -> None:
    raise OSError("connection refused")
