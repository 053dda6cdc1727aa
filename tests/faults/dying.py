"""Workers that die by SIGKILL: at a commit chosen in advance, or from outside in the middle of their work."""

import os
import signal
import subprocess
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from aptic.embedded.process import end, spawn
from aptic.jobs import recovery, running
from aptic.jobs.models import Job
from aptic.running import programs
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR

BEFORE, AFTER = "before", "after"


def dies_at_commit(job_id: uuid.UUID, nth: int, when: str) -> bool:
    """Do the job in a process of its own that kills itself just before or just after its nth commit.

    False when the work ended before: there is no such commit.
    """
    connections.close_all()  # the child must not inherit our conversations with the server
    child = os.fork()
    if child == 0:
        try:
            _die_at(nth, when)
            running.run(job_id)
        except BaseException:  # noqa: BLE001
            os.write(2, traceback.format_exc().encode())  # a child that fails by itself says of what
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at(nth: int, when: str) -> None:
    real, count = BaseDatabaseWrapper._commit, 0

    def commit(self: BaseDatabaseWrapper) -> None:
        nonlocal count
        count += 1
        if count == nth and when == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        real(self)
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    BaseDatabaseWrapper._commit = commit  # type: ignore[method-assign]


def resume(job_id: uuid.UUID) -> Job:
    """What beat and a worker do once the dead worker's lease is past; returns the job as it ended."""
    take_back(job_id)
    running.run(job_id)
    return look(job_id)


def take_back(job_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Let the lease run out and queue the job again, as beat does every minute."""
    with acting(OPERATOR):
        mine = Job.objects.filter(pk=job_id, state=Job.State.RUNNING)
        mine.update(lease_until=timezone.now() - timedelta(seconds=1))
    return recovery.requeue_stale()


def look(job_id: uuid.UUID) -> Job:
    """The job as it is now."""
    with acting(OPERATOR):
        return Job.objects.get(pk=job_id)


def wait_for(job_id: uuid.UUID, condition: Callable[[Job], bool], worker: subprocess.Popen[bytes]) -> Job:
    """The job as soon as `condition` holds; fails when the worker ends or a minute and a half passes."""
    deadline = time.monotonic() + 90
    while not condition(job := look(job_id)):
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < deadline, f"the job stands still: {job.state}, {job.done} of {job.total}"
        time.sleep(0.01)
    return job


def hold_last_booklet(rival: psycopg.Connection, booklets: int) -> None:
    """Whoever takes the next numbers, so many, makes them all but the last step: `rival` has not committed that one."""
    rival.execute("SET LOCAL session_replication_role = replica")  # no batch needs to have it
    rival.execute(
        "INSERT INTO passes_booklet (id, batch_id, funder_id, number)"
        " SELECT next_booklet + %s - 1, 0, gen_random_uuid(), 1 FROM passes_serial",
        [booklets],
    )


def hold_documents(rival: psycopg.Connection) -> None:
    """No file is kept until `rival` ends its transaction; those that are there can be read."""
    rival.execute("LOCK TABLE documents_document IN SHARE MODE")


@contextmanager
def celery_worker(fresh_database: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of `make run`, on the test's own database and broker."""
    child = programs.worker()
    environment = {
        **child.env,
        **fresh_database.environment(),
        "DJANGO_SETTINGS_MODULE": "aptic.settings",
        "DATABASE_OWNER_URL": "",
        "DATABASE_SYSTEM_URL": "",
        "APTIC_LOG_LEVEL": "ERROR",
    }
    worker = spawn(child.command, env={**os.environ, **environment})
    try:
        yield worker
    finally:
        end(worker, (signal.SIGTERM, 10))


def kill(worker: subprocess.Popen[bytes]) -> None:
    """kill -9 of the worker and of every process it started."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
