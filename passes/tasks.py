"""Scheduled work on passes."""

from celery import shared_task

from aptic.tenancy.principal import as_system
from passes.expiry import due_batches, expire_batch
from passes.incidents.overdue import remind_overdue


@shared_task(name="passes.tasks.expire_due")
def expire_due() -> int:
    """Expire every batch whose deadline has passed; returns cents given back."""
    with as_system():
        return sum(expire_batch(batch=batch) for batch in due_batches())


@shared_task(name="passes.tasks.remind_overdue_incidents")
def remind_overdue_incidents() -> int:
    """Tell the operator's people, once, of incidents beyond their deadline; returns how many."""
    with as_system():
        return remind_overdue()
