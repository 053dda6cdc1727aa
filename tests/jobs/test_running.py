"""Long work: its row is its truth. It runs once however often it is delivered, and goes on where a crash left it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from aptic.audit.models import Event
from aptic.celery import QUEUES, app
from aptic.errors import NotAllowed
from aptic.jobs import recovery, registry, rules, running, services, tasks
from aptic.jobs.errors import LeaseLost, NotRunnable
from aptic.jobs.models import Job
from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from aptic.locks import Lock
from aptic.tenancy.principal import acting, current
from tests.factories import OPERATOR, Member, make_funder

pytestmark = pytest.mark.pg15
STEPS = 4


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing after it runs."""


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A kind of job of four steps, each of which writes an event; `params` says at which step to stop, and how."""
    done: list[int] = []
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(services, "send", lambda *args: None)
    monkeypatch.setattr(tasks, "send", lambda *args: None)

    @job("tests.count", queue="documents")
    def count(run: JobRun) -> dict[str, Any]:
        for step in range(run.state.get("next", 0), STEPS):
            with run.acting():
                if run.params.get("stop") == step and run.params.get("how"):
                    how = run.params.pop("how")
                    raise {"killed": Killed, "domain": NotAllowed, "bug": ValueError, "database": OperationalError}[how]
                done.append(step)
                run.save_state(next=step + 1)
                run.step(step + 1, STEPS, f"Étape {step + 1}")
        return {"url": "/fini/", "label": "Voir"}

    return done


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def start(member: Member, **params: Any) -> Job:
    with acting(member.principal):
        return services.start(kind="tests.count", params=params, title="Compter")


def seen(started: Job) -> Job:
    with acting(OPERATOR):
        return Job.objects.get(pk=started.pk)


def mend(started: Job, **values: Any) -> None:
    with acting(OPERATOR):
        Job.objects.filter(pk=started.pk).update(**values)


def requeue() -> list[uuid.UUID]:
    return [key for key, _ in recovery.requeue_stale()]


def test_it_runs_to_its_end_and_keeps_what_came_of_it(funder, work):
    started = start(funder)
    assert (started.state, started.percent, started.is_live) == (Job.State.QUEUED, 0, True)
    assert running.run(started.pk)
    found = seen(started)
    assert (found.state, found.percent, found.result) == (Job.State.DONE, 100, {"url": "/fini/", "label": "Voir"})
    assert found.lease is None
    assert work == [0, 1, 2, 3]


def test_it_runs_as_who_started_it(funder, work, monkeypatch):
    as_whom = []

    @job("tests.who")
    def who(run: JobRun) -> None:
        with run.acting():
            as_whom.append(current())

    with acting(funder.principal):
        started = services.start(kind="tests.who", params={}, title="Qui ?")
    running.run(started.pk)
    assert as_whom == [funder.principal]


def test_delivered_twice_it_runs_once(funder, work):
    started = start(funder)
    assert running.run(started.pk)
    assert not running.run(started.pk)
    assert work == [0, 1, 2, 3]


def test_delivered_to_many_workers_at_once_it_runs_once(fresh_database, together, work):
    started = start(make_funder())
    assert sum(together(6, lambda _: running.run(started.pk))) == 1
    assert work == [0, 1, 2, 3]


@pytest.mark.parametrize("step", range(STEPS))
def test_killed_at_any_step_it_goes_on_from_there_and_does_nothing_twice(funder, work, step):
    started = start(funder, stop=step, how="killed")
    with pytest.raises(Killed):
        running.run(started.pk)
    assert seen(started).state == Job.State.RUNNING
    assert not running.run(started.pk)  # its lease lives
    assert requeue() == []
    mend(started, lease_until=timezone.now() - timedelta(seconds=1), params={})
    assert requeue() == [started.pk]
    assert running.run(started.pk)
    assert work == [0, 1, 2, 3]
    assert (seen(started).state, seen(started).attempts) == (Job.State.DONE, 2)


def test_a_step_and_its_progress_commit_together(funder, work):
    """What a step wrote and where to go on are one transaction: neither without the other."""
    started = start(funder)
    with acting(OPERATOR):
        run = running._take(started.pk)
    with pytest.raises(ValueError, match="no"), run.acting():
        run.save_state(next=1)
        run.step(1, STEPS)
        raise ValueError("no")
    assert (seen(started).done, seen(started).step_state) == (0, {})


def test_a_worker_that_was_slow_writes_nothing_after_another_took_over(funder, work):
    started = start(funder)
    slow = running._take(started.pk)
    mend(started, lease_until=timezone.now() - timedelta(seconds=1))
    requeue()
    assert running.run(started.pk)
    for late in (lambda: slow.step(1, STEPS), lambda: slow.finish(Job.State.FAILED, error="x")):
        with pytest.raises(LeaseLost):
            late()
    assert seen(started).state == Job.State.DONE


def test_each_step_renews_the_lease(funder, work):
    started = start(funder)
    run = running._take(started.pk)
    mend(started, lease_until=timezone.now() + timedelta(seconds=1))
    run.step(1, STEPS)
    assert seen(started).lease_until > timezone.now() + rules.LEASE - timedelta(seconds=10)


def test_cancelled_it_stops_at_its_next_step(funder, work):
    started = start(funder)
    run = running._take(started.pk)
    with acting(funder.principal):
        services.cancel(job=started)
        with pytest.raises(NotRunnable):
            services.cancel(job=started)
    with pytest.raises(LeaseLost):
        run.step(1, STEPS)
    assert not running.run(started.pk)
    with acting(funder.principal):
        assert Event.objects.about(started).get().verb == "job_cancelled"


@pytest.mark.parametrize(("how", "words"), [("domain", "Votre rôle"), ("bug", "Une erreur inattendue")])
def test_failed_it_says_why_and_can_be_taken_up_again(funder, work, how, words):
    started = start(funder, stop=2, how=how)
    running.run(started.pk)
    failed = seen(started)
    assert failed.state == Job.State.FAILED
    assert words in failed.error
    assert "ValueError" not in failed.error
    mend(started, params={})
    with acting(funder.principal):
        services.restart(job=failed)
    assert running.run(started.pk)
    assert work == [0, 1, 2, 3]
    with acting(funder.principal), pytest.raises(NotRunnable):
        services.restart(job=started)


def test_a_database_that_goes_away_leaves_the_lease_to_run_out(funder, work):
    started = start(funder, stop=1, how="database")
    with transaction.atomic():
        assert not running.run(started.pk)
    assert seen(started).state == Job.State.RUNNING
    mend(started, lease_until=timezone.now() - timedelta(seconds=1), params={})
    assert requeue() == [started.pk]
    assert running.run(started.pk)


def test_interrupted_too_often_it_is_given_up(funder, work):
    started = start(funder)
    for _ in range(rules.MAX_ATTEMPTS):
        assert running._take(started.pk)
        mend(started, lease_until=timezone.now() - timedelta(seconds=1))
        sent = requeue()
    assert sent == []
    assert (seen(started).state, seen(started).error) == (Job.State.FAILED, recovery.TOO_OFTEN)


def test_what_the_broker_lost_is_sent_again_after_a_minute(funder, work):
    started = start(funder)
    assert requeue() == []
    mend(started, queued_at=timezone.now() - rules.LOST_IN_BROKER - timedelta(seconds=1))
    assert requeue() == [started.pk]
    assert requeue() == []


def test_two_beats_requeue_once(fresh_database, work):
    started = start(make_funder())
    mend(started, queued_at=timezone.now() - timedelta(hours=1))
    with fresh_database.connect() as rival:
        rival.execute("BEGIN")
        rival.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(Lock.REQUEUE), 0])
        assert requeue() == []
        rival.execute("ROLLBACK")
    assert requeue() == [started.pk]


def test_what_is_undone_starts_nothing(fresh_database, monkeypatch, work):
    sent: list[Any] = []
    monkeypatch.setattr(services, "send", lambda *args: sent.append(args))
    member = make_funder()
    with pytest.raises(ValueError, match="no"), acting(member.principal):
        services.start(kind="tests.count", params={}, title="Compter")
        raise ValueError("no")
    assert sent == []
    started = start(member)
    assert sent == [(started.pk, "tests.count")]


def test_a_broker_that_is_away_fails_nobody(fresh_database, monkeypatch, work):
    def away(*args: object) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(services, "send", away)
    assert seen(start(make_funder())).state == Job.State.QUEUED


def test_an_unknown_kind_is_a_mistake_of_ours(funder):
    with acting(funder.principal), pytest.raises(LookupError):
        services.start(kind="tests.unknown", params={}, title="x")


def test_every_kind_goes_to_a_queue_that_is_served():
    app.loader.import_default_modules()
    assert registry._kinds
    assert {kind.queue for kind in registry._kinds.values()} <= set(QUEUES)


@pytest.mark.parametrize(
    ("done", "minutes", "left"),
    [(0, 5, None), (4, 5, None), (5, 5, 95), (50, 10, 10), (100, 10, None)],
)
def test_the_time_left_is_told_once_it_can_be_known(done, minutes, left):
    now = timezone.now()
    found = rules.time_left(done=done, total=100, started_at=now - timedelta(minutes=minutes), now=now)
    assert found == (timedelta(minutes=left) if left else None)
    assert rules.time_left(done=done, total=0, started_at=now, now=now) is None
    assert rules.time_left(done=done, total=100, started_at=None, now=now) is None
