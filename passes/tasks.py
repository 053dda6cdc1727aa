"""Scheduled work on passes."""

from celery import shared_task

from aptic.tenancy.principal import as_system
from passes.expiry import due_batches, expire_batch
from passes.incidents.overdue import remind_overdue


@shared_task(name="passes.tasks.expire_due")
def expire_due() -> int:
    """Expire every batch whose deadline has passed; returns cents given back.

    A batch that fails holds up no other: it is told at the end (ExceptionGroup), and tried again the next night.
    """
    cents, failed = 0, []
    with as_system():
        for batch in due_batches():
            try:
                cents += expire_batch(batch=batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next batch does not wait for it
                failed.append(error)
    if failed:
        raise ExceptionGroup("batches that are not expired", failed)
    return cents


@shared_task(name="passes.tasks.remind_overdue_incidents")
def remind_overdue_incidents() -> int:
    """Tell the operator's people, once, of incidents beyond their deadline; returns how many."""
    with as_system():
        return remind_overdue()
