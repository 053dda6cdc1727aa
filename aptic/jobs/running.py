"""Doing a job: take its lease, run its function as the principal who started it, write what came of it.

The job's row is the truth. A worker owns it while `lease` is its own; every write asks for that, so that a worker
that was slow, or that a person cancelled, can write nothing after another took over.
"""

import logging
import uuid
from contextlib import AbstractContextManager
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from aptic.errors import DomainError
from aptic.jobs.errors import LeaseLost
from aptic.jobs.models import Job
from aptic.jobs.registry import kind_of
from aptic.jobs.rules import LEASE
from aptic.tenancy.principal import Hat, Principal, acting

logger = logging.getLogger(__name__)
MACHINE = Principal(hat=Hat.OPERATOR)  # the operator's own machinery, before the job's principal is known
UNEXPECTED = "Une erreur inattendue a interrompu ce travail. Rien n’est perdu : il peut reprendre où il s’est arrêté."


class JobRun:
    """What a job's function holds: its parameters, its saved state, and the way to report progress."""

    def __init__(self, job: Job, *, lease: uuid.UUID, principal: Principal) -> None:
        self.job_id, self.kind = job.pk, job.kind
        self.params: dict[str, Any] = job.params
        self.state: dict[str, Any] = job.step_state
        self.principal = principal
        self._lease = lease

    def acting(self) -> AbstractContextManager[Principal]:
        """A transaction as the principal who started the job."""
        return acting(self.principal)

    def save_state(self, **values: Any) -> None:
        """Remember where to resume; written by the next `step`, in the same transaction as the caller's work."""
        self.state.update(values)

    def step(self, done: int, total: int, message: str = "") -> None:
        """Write progress and state and renew the lease. Raises LeaseLost.

        Called inside `with run.acting():`, it commits with the step's own work, or not at all.
        """
        now = timezone.now()
        progress = {"done": done, "total": total, "message": message, "step_state": self.state}
        self._write(**progress, heartbeat_at=now, lease_until=now + LEASE)

    def finish(self, state: Job.State, **values: Any) -> None:
        """Write the end of the job. Raises LeaseLost."""
        self._write(state=state, lease=None, lease_until=None, finished_at=timezone.now(), **values)

    def _write(self, **values: Any) -> None:
        with self.acting():
            mine = Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING, lease=self._lease)
            if not mine.update(**values):
                raise LeaseLost


def run(job_id: uuid.UUID) -> bool:
    """Do a queued job to its end; False when it was not ours to do, or when it stopped on the way.

    A database that is away leaves the lease to run out: beat queues the job again and it resumes.
    """
    taken = _take(job_id)
    if taken is None:
        return False
    try:
        _work(taken)
    except LeaseLost:
        logger.warning("job %s: lease lost", job_id)
    except DatabaseError:
        logger.exception("job %s: database error, its lease runs out", job_id)
    else:
        return True
    return False


def _work(taken: JobRun) -> None:
    try:
        result = kind_of(taken.kind).work(taken) or {}
    except (LeaseLost, DatabaseError):
        raise
    except DomainError as error:
        taken.finish(Job.State.FAILED, error=f"{error} {error.next_step}".strip()[:500])
    except Exception:
        logger.exception("job %s failed", taken.job_id)
        taken.finish(Job.State.FAILED, error=UNEXPECTED)
    else:
        taken.finish(Job.State.DONE, result=result, message="Terminé.")


def _take(job_id: uuid.UUID) -> JobRun | None:
    """Take the lease by one conditional UPDATE; None when the job is not queued."""
    now, lease = timezone.now(), uuid.uuid4()
    with acting(MACHINE):
        queued = Job.objects.filter(pk=job_id, state=Job.State.QUEUED)
        if not queued.update(
            state=Job.State.RUNNING,
            lease=lease,
            lease_until=now + LEASE,
            heartbeat_at=now,
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", Value(now)),
        ):
            return None
        job = Job.objects.get(pk=job_id)
    return JobRun(job, lease=lease, principal=job.starter)
