"""What beat does for jobs whose worker died or that the broker lost. They act as the operator's machinery."""

import uuid

from django.utils import timezone

from aptic.audit.services import record
from aptic.jobs.models import Job
from aptic.jobs.rules import LOST_IN_BROKER, MAX_ATTEMPTS
from aptic.jobs.running import MACHINE
from aptic.locks import Lock, try_lock
from aptic.tenancy.principal import acting

TOO_OFTEN = "Ce travail s’est interrompu cinq fois de suite. Rien n’est perdu : vous pouvez le relancer."


def requeue_stale() -> list[tuple[uuid.UUID, str]]:
    """Queue again the jobs whose lease is past, give up those taken up too often; returns what to send (id, kind)."""
    now = timezone.now()
    with acting(MACHINE):
        if not try_lock(Lock.REQUEUE):
            return []
        stale = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now).order_by("pk")
        to_send = []
        for job in stale.select_for_update(of=("self",), skip_locked=True):
            job.lease = job.lease_until = None
            if job.attempts >= MAX_ATTEMPTS:
                job.state, job.error, job.finished_at = Job.State.FAILED, TOO_OFTEN, now
                record(verb="job_given_up", target=job, organisation_id=job.organisation_id)
            else:
                job.state, job.queued_at = Job.State.QUEUED, now
                to_send.append((job.pk, job.kind))
            job.save(update_fields=["lease", "lease_until", "state", "error", "finished_at", "queued_at"])
        return to_send + _lost_in_broker()


def _lost_in_broker() -> list[tuple[uuid.UUID, str]]:
    """Queued jobs that no worker took for a minute; sending one twice is harmless, one worker gets its lease."""
    now = timezone.now()
    lost = Job.objects.filter(state=Job.State.QUEUED, queued_at__lt=now - LOST_IN_BROKER)
    found = list(lost.order_by("pk").values_list("pk", "kind"))
    lost.filter(pk__in=[pk for pk, _ in found]).update(queued_at=now)
    return found
