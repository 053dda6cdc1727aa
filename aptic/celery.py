"""The Celery application: queues, schedule, and messages that may be lost.

A job's or a message's row is its truth and beat re-queues what is stale, so queueing never fails a page: when the
broker is away the row waits.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aptic.settings")
logger = logging.getLogger(__name__)

QUEUES = ("default", "settle", "documents", "impact", "outbox")  # served as aptic_app
SYSTEM_QUEUE = "system"  # served by the only worker that knows DATABASE_SYSTEM_URL


class RowBackedTask(DjangoTask):
    """A task whose work is also written in a row."""

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Queue it. None when the broker is away: beat will find the row."""
        try:
            return super().apply_async(*args, **kwargs)
        except (OperationalError, OSError) as error:
            logger.warning("queue away, %s left to the schedule: %s", self.name, error)
            return None


def _every(task: str, schedule: float | crontab, queue: str, *, expires: float) -> dict[str, Any]:
    """One line of the schedule; a message nobody took within `expires` seconds is dropped, the next will come."""
    return {"task": task, "schedule": schedule, "options": {"queue": queue, "expires": expires}}


HOUR = 3600.0
SCHEDULE = {
    "seal": _every("aptic.audit.tasks.seal", 60.0, SYSTEM_QUEUE, expires=60),
    "requeue-stale": _every("aptic.jobs.tasks.requeue_stale", 60.0, "default", expires=60),
    "deliver-due": _every("aptic.outbox.tasks.deliver_due", 30.0, "outbox", expires=30),
    "prove": _every("aptic.ledger.tasks.prove_nightly", crontab(hour="3", minute="0"), SYSTEM_QUEUE, expires=HOUR),
    "expire": _every("passes.tasks.expire_due", crontab(hour="4", minute="0"), SYSTEM_QUEUE, expires=HOUR),
    "incidents": _every(
        "passes.tasks.remind_overdue_incidents", crontab(hour="5", minute="0"), SYSTEM_QUEUE, expires=HOUR
    ),
    "renewals": _every("qualification.tasks.remind_renewals", crontab(hour="6", minute="0"), "default", expires=HOUR),
    "applications": _every(
        "qualification.tasks.forget_applications", crontab(hour="6", minute="20"), "default", expires=HOUR
    ),
    "publish": _every("impact.tasks.publish_counters", crontab(minute="5"), SYSTEM_QUEUE, expires=HOUR),
    "verify": _every("aptic.audit.tasks.verify_nightly", crontab(hour="1", minute="0"), SYSTEM_QUEUE, expires=HOUR),
    "publish-head": _every("aptic.audit.tasks.publish_head", crontab(hour="2", minute="0"), SYSTEM_QUEUE, expires=HOUR),
    "forget": _every("aptic.documents.tasks.delete_expired", crontab(minute="30"), SYSTEM_QUEUE, expires=HOUR),
    "territories": _every(
        "impact.tasks.measure_territories_nightly", crontab(hour="3", minute="30"), "impact", expires=HOUR
    ),
    # Asked every hour: the days are the operator's choice, and an hour missed is made up for by the next.
    "prepare-settlement": _every("actors.tasks.prepare_settlement", crontab(minute="15"), "settle", expires=HOUR),
}

app = Celery("aptic", task_cls=RowBackedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_ignore_result=True,
    task_default_queue="default",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 5, "max_retries": 0},
    task_publish_retry=False,
    enable_utc=True,
    timezone="UTC",
    beat_schedule=SCHEDULE,
)
app.autodiscover_tasks()


@celeryd_init.connect
def check_worker(**kwargs: Any) -> None:
    """A worker ends before it takes anything when a role of its own is not harmless: without an address of its own,
    `system` is its serving role again."""
    from aptic.tenancy.checks import refuse_unsafe_serving  # the registry is ready by now

    refuse_unsafe_serving("system")


@beat_init.connect
def check_clock(**kwargs: Any) -> None:
    """The clock ends before its first tick in the same way; it knows the serving role only."""
    from aptic.tenancy.checks import refuse_unsafe_serving

    refuse_unsafe_serving()
