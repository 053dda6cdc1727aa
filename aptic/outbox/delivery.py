"""Delivering: claim a message, run its handler, tick it off. At least once, in no particular order.

A claim counts the attempt and moves `due_at` to the next try before anything is done: a worker that dies on the way
leaves a message that comes back by itself, and no transaction stays open while a mail server answers.
"""

import logging
import uuid
from datetime import datetime

from django.utils import timezone

from aptic.audit.services import record
from aptic.outbox.models import Message
from aptic.outbox.registry import Undeliverable, registration
from aptic.outbox.rules import GIVE_UP_AFTER, delay
from aptic.tenancy.principal import Hat, Principal, acting

logger = logging.getLogger(__name__)
MACHINE = Principal(hat=Hat.OPERATOR)  # the operator's own machinery, without a person


def deliver_one(message_id: uuid.UUID, *, at: datetime | None = None) -> bool:
    """Deliver a message if it is due and nobody else has it; True when it was delivered."""
    message = _claim(at or timezone.now(), message_id=message_id)
    return message is not None and _attempt(message)


def deliver_due(*, at: datetime | None = None) -> int:
    """Deliver whatever is due; returns how many messages were delivered."""
    delivered = 0
    while message := _claim(at or timezone.now()):
        delivered += _attempt(message)
    return delivered


def _claim(now: datetime, *, message_id: uuid.UUID | None = None) -> Message | None:
    """Take one due message; a rival's are skipped, not waited for.

    One, not a hundred: a claim runs out after `delay`, and what waits behind a slow mail server would be taken twice.
    """
    with acting(MACHINE):
        due = Message.objects.waiting().filter(due_at__lte=now)
        if message_id:
            due = due.filter(pk=message_id)
        message = due.order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",)).first()
        if message is not None:
            message.attempts += 1
            message.due_at = now + delay(message.attempts)
            message.save(update_fields=["attempts", "due_at"])
        return message


def _attempt(message: Message) -> bool:
    try:
        registered = registration(message.kind)
        registered.handler(message)
    except Exception as error:  # noqa: BLE001  a handler's failure is the message's, never the worker's
        _failed(message, error)
        return False
    values = {"done_at": timezone.now(), "last_error": ""}
    if registered.forget:
        values["payload"] = {}
    with acting(MACHINE):
        Message.objects.waiting().filter(pk=message.pk).update(**values)
    return True


def _failed(message: Message, error: Exception) -> None:
    """Keep the reason; after the last attempt, or when trying again is useless, hand the message to a person."""
    reason = f"{type(error).__name__}: {error}"[:300]
    final = isinstance(error, Undeliverable) or message.attempts >= GIVE_UP_AFTER
    logger.warning("message %s (%s), attempt %d: %s", message.pk, message.kind, message.attempts, type(error).__name__)
    with acting(MACHINE):
        waiting = Message.objects.waiting().filter(pk=message.pk)
        if not final:
            waiting.update(last_error=reason)
        elif waiting.update(last_error=reason, failed_at=timezone.now()):
            record(verb="message_given_up", target=message, organisation_id=message.organisation_id)
