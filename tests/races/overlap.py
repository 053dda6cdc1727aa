"""Two pieces of work in a given order: the second begins once the first has written, and before it commits."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction

PATIENCE = 20  # seconds


def wait_for_waiter(database: Any) -> None:
    """Return once some connection of the database waits for a lock of another, of any kind."""
    deadline = time.monotonic() + PATIENCE
    with database.admin() as admin:
        while not admin.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database()"
        ).fetchone()[0]:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)


def overlapped(database: Any, together: Any, first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """What each answers or raises, when `second` waits for what `first` wrote and `first` commits only then."""
    written = threading.Event()

    def work(i: int) -> Any:
        if i:
            assert written.wait(PATIENCE)
            return second()
        with transaction.atomic():
            answer = first()
            written.set()
            wait_for_waiter(database)
        return answer

    return together(2, work)
