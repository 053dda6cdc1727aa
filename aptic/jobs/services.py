"""Starting, cancelling and restarting long work."""

import logging
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.jobs.errors import NotRunnable
from aptic.jobs.models import Job
from aptic.jobs.registry import kind_of
from aptic.jobs.rules import may_steer
from aptic.tenancy.principal import Principal, current

logger = logging.getLogger(__name__)


def start(*, kind: str, params: dict[str, Any], title: str, organisation_id: uuid.UUID | None = None) -> Job:
    """Write a job in the caller's transaction; a worker takes it up after the commit, as the current principal.

    `organisation_id` is who may watch it, by default the acting organisation. Raises LookupError on an unknown kind.
    """
    kind_of(kind)
    principal = current()
    job = Job.objects.create(
        kind=kind,
        title=title,
        params=params,
        organisation_id=organisation_id or principal.organisation_id,
        created_by_id=principal.person_id,
        principal=principal.as_json(),
        queued_at=timezone.now(),
    )
    _send_after_commit(job)
    return job


def send(job_id: uuid.UUID, kind: str) -> None:
    """Hand a queued job to its queue. A broker that is away loses nothing: beat sends it again."""
    from aptic.jobs.tasks import run_job

    try:
        run_job.apply_async(args=[str(job_id)], queue=kind_of(kind).queue)
    except LookupError:
        logger.error("job %s: kind %s is unknown to this version", job_id, kind)


def _send_after_commit(job: Job) -> None:
    def hand_over() -> None:  # a plain function: Django names it in its log when it fails
        send(job.pk, job.kind)

    transaction.on_commit(hand_over, robust=True)


@transaction.atomic
def cancel(*, job: Job) -> None:
    """Stop a job; a worker that has it notices at its next step. Raises NotAllowed and NotRunnable."""
    _require_steering(job)
    live = Job.objects.live().filter(pk=job.pk)
    if not live.update(state=Job.State.CANCELLED, lease=None, lease_until=None, finished_at=timezone.now()):
        raise NotRunnable
    record(verb="job_cancelled", target=job)


@transaction.atomic
def restart(*, job: Job) -> None:
    """Queue a failed job again; it goes on from its last saved step. Raises NotAllowed and NotRunnable."""
    _require_steering(job)
    now = timezone.now()
    failed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED)
    if not failed.update(state=Job.State.QUEUED, attempts=0, error="", finished_at=None, queued_at=now):
        raise NotRunnable
    record(verb="job_restarted", target=job)
    _send_after_commit(job)


def steers(job: Job, principal: Principal) -> bool:
    """True when `principal` may stop and restart the job. A kind that this version does not know is its managers'."""
    try:
        roles = kind_of(job.kind).roles
    except LookupError:
        roles = frozenset((Role.MANAGER,))
    return may_steer(principal, started_by=job.created_by_id, roles=roles)


def _require_steering(job: Job) -> None:
    if not steers(job, current()):
        raise NotAllowed
