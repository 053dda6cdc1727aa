"""The worker's side of the outbox: one message at its commit, and the sweep for those that the broker lost."""

import uuid

from celery import shared_task

from aptic.outbox import delivery


@shared_task(queue="outbox", ignore_result=True)
def deliver(message_id: str) -> None:
    """Deliver one message; nothing when it is delivered, not due or in other hands."""
    delivery.deliver_one(uuid.UUID(message_id))


@shared_task(queue="outbox", ignore_result=True)
def deliver_due() -> int:
    """Deliver whatever is due. Every 30 seconds; two sweeps at once skip each other's messages."""
    return delivery.deliver_due()
