"""The worker's side of jobs, and the beat that takes up what a crash left behind."""

import uuid

from celery import shared_task

from aptic.jobs import recovery, running
from aptic.jobs.services import send


@shared_task(ignore_result=True)
def run_job(job_id: str) -> None:
    """Do one job; nothing when it is done, cancelled or in other hands. Its queue is its kind's."""
    running.run(uuid.UUID(job_id))


@shared_task(ignore_result=True)
def requeue_stale() -> int:
    """Queue again what a dead worker or the broker lost; returns how many. Every minute."""
    found = recovery.requeue_stale()
    for job_id, kind in found:
        send(job_id, kind)
    return len(found)
