"""Posting: the message is written with the work that causes it, and delivered only if that work commits."""

import json
import uuid
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from aptic.audit.services import record
from aptic.documents.crypto import encrypt_text
from aptic.outbox.models import Message
from aptic.tenancy.principal import current

EMAIL = "email"


def post(
    *, kind: str, payload: dict[str, Any], organisation_id: uuid.UUID | None = None, at: datetime | None = None
) -> Message:
    """Write a message in the caller's transaction; delivery starts when it commits, not before `at`.

    `organisation_id` is who may see it in its space; by default the acting organisation.
    """
    return _insert(uuid.uuid4(), kind, payload, organisation_id, at)


def post_email(*, to: str, template: str, context: dict[str, Any], organisation_id: uuid.UUID | None = None) -> Message:
    """Mail `templates/mail/<template>.txt` (and `.subject.txt`) to `to`.

    Address and context are encrypted until the mail has left, and forgotten then.
    """
    return _post_sealed({"to": to, "template": template, "context": context}, organisation_id)


def post_message(*, to: str, subject: str, body: str, organisation_id: uuid.UUID | None = None) -> Message:
    """Mail a text that is already written."""
    return _post_sealed({"to": to, "subject": subject, "body": body}, organisation_id)


@transaction.atomic
def retry(*, message: Message, at: datetime | None = None) -> bool:
    """Try a message that was given up again, from its first delay; False when it is not given up (any more)."""
    given_up = Message.objects.given_up().filter(pk=message.pk)
    if not given_up.update(failed_at=None, attempts=0, due_at=at or timezone.now()):
        return False
    record(verb="message_retried", target=message, organisation_id=message.organisation_id)
    _wake_after_commit(message.pk)
    return True


def email_context(message_id: uuid.UUID) -> bytes:
    """What an e-mail's content is bound to: it opens in its own message only."""
    return b"outbox:" + message_id.bytes


def _post_sealed(content: dict[str, Any], organisation_id: uuid.UUID | None) -> Message:
    message_id = uuid.uuid4()
    sealed = encrypt_text(json.dumps(content, cls=DjangoJSONEncoder), context=email_context(message_id))
    return _insert(message_id, EMAIL, {"sealed": sealed}, organisation_id, None)


def _insert(
    message_id: uuid.UUID, kind: str, payload: dict[str, Any], organisation_id: uuid.UUID | None, at: datetime | None
) -> Message:
    principal = current()
    now = timezone.now()
    message = Message(
        id=message_id,
        kind=kind,
        payload=payload,
        organisation_id=organisation_id or principal.organisation_id,
        principal=principal.as_json(),
        created_at=now,
        due_at=at or now,
    )
    message.save(force_insert=True)
    if message.due_at <= now:
        _wake_after_commit(message_id)
    return message


def _wake_after_commit(message_id: uuid.UUID) -> None:
    def hand_over() -> None:  # a plain function: Django names it in its log when it fails
        wake(message_id)

    transaction.on_commit(hand_over, robust=True)


def wake(message_id: uuid.UUID) -> None:
    """Ask a worker to deliver now. A broker that is away loses nothing: the next sweep finds the message."""
    from aptic.outbox.tasks import deliver

    deliver.delay(str(message_id))
