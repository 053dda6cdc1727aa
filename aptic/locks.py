"""Every advisory lock of the project, in one register, so that two meanings never share a key.

Locks are transaction-scoped only: PgBouncer gives the connection to somebody else after the commit. The first
of PostgreSQL's two 32-bit keys is the namespace below; the second says which one of its kind. A number is never
given a second meaning.
"""

import uuid
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """Namespaces. Those with "exclusive, once" guard a scheduled job: a second beat finds it taken and leaves."""

    SEAL = 1  # exclusive, once: the chain of seals has one writer
    REQUEUE = 2  # exclusive, once: stale jobs are queued again by one beat
    EXPIRE_DOCUMENTS = 4  # exclusive, once: files past their date are deleted by one beat
    PUBLISH_HEAD = 5  # exclusive, once: the day's seal is published and mailed once
    DEMONSTRATION = 9  # exclusive: two calls of `demo` hand out different booklets
    SITE = 10  # shared by every redemption at a site, exclusive by its suspension (passes/sql/redeem.sql)
    BOOKLET = 11  # exclusive: a daily limit, an undone hand-out; shared: what a hand-out permits (passes/sql)
    # Shared by whoever takes an actor's place or counts on it (a site opened, moved, on its round), before any row;
    # exclusive by its suspension, which then takes each SITE in id order, and by giving its places back.
    ACTOR = 12
    CAPS = 14  # shared by whoever takes a place in capped territories, exclusive by who makes a new cap there
    VERSIONS = 15  # exclusive, before any row: who takes the next number of a questionnaire, a legal text, thresholds
    MEASURE = 16  # exclusive: one job measures the territories, whoever asks
    BANK_ACCOUNT = 17  # exclusive, of an actor, after its row: its proposals follow one another
    INVITATION = 18  # exclusive, of an organisation: its invitations follow one another


def try_lock(lock: Lock, key: int | uuid.UUID = 0) -> bool:
    """Take `lock` until the end of the transaction; False at once when somebody has it."""
    return _call("pg_try_advisory_xact_lock", lock, key)


def wait_lock(lock: Lock, key: int | uuid.UUID = 0) -> None:
    """Take `lock` until the end of the transaction, waiting up to `lock_timeout`."""
    _call("pg_advisory_xact_lock", lock, key)


def share_lock(lock: Lock, key: int | uuid.UUID = 0) -> None:
    """Take `lock` shared until the end of the transaction: it excludes `wait_lock`, not another share."""
    _call("pg_advisory_xact_lock_shared", lock, key)


def _call(function: str, lock: Lock, key: int | uuid.UUID) -> bool:
    """An id is hashed by PostgreSQL, as our SQL does it. Two ids may share a key: they wait for each other, no more."""
    second = "hashtext(%s)" if isinstance(key, uuid.UUID) else "%s::int"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, {second})", [int(lock), str(key)])
        return bool(cursor.fetchone()[0])
