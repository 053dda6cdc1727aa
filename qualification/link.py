"""The signed link by which somebody without an account finds an application again.

The link names the application and nothing else; whoever holds it may read and go on, until it ends. Verified, it puts
the application's id where policies read `{link}`, for one transaction.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core import signing
from django.db import connection
from django.urls import reverse

SALT = "qualification.link"
DAYS = 180  # then another one is asked for, by the address that the application gives


def sign(application_id: uuid.UUID) -> str:
    """The token of a link."""
    return signing.dumps(application_id.hex, salt=SALT)


def read(token: str) -> uuid.UUID | None:
    """The application that a token names; None when we never signed it, or too long ago."""
    try:
        return uuid.UUID(signing.loads(token, salt=SALT, max_age=DAYS * 86_400))
    except (signing.BadSignature, ValueError):
        return None


def address_of(application_id: uuid.UUID) -> str:
    """The whole link, for a letter."""
    return settings.PUBLIC_URL + reverse("application_link", args=[sign(application_id)])


def show(application_id: uuid.UUID | None) -> None:
    """Let this transaction reach what the link opens; None closes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aptic.link', %s, true)", [str(application_id or "")])


@contextmanager
def opened(application_id: uuid.UUID) -> Iterator[None]:
    """Reach one application, inside a transaction, until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('aptic.link', true)")
        before = cursor.fetchone()[0] or ""
    show(application_id)
    yield
    show(uuid.UUID(before) if before else None)  # an exception rolls the setting back with the rest
