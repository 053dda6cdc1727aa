"""The transaction horizon is one for the whole server: a transaction of a test in another database holds it too."""

import time

from django.db import connections

from aptic.xid import horizon

LONGEST_TEST = 300  # seconds


def horizon_passes(using: str = "default") -> None:
    """Wait until all that is committed so far lies below the horizon. Not inside a transaction of one's own."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        latest = cursor.fetchone()[0]
    deadline = time.monotonic() + LONGEST_TEST
    while horizon(using) <= latest:
        assert time.monotonic() < deadline, "a transaction holds the horizon"
        time.sleep(0.02)
