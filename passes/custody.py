"""Reading what custody opens: whoever holds a booklet may read its passes, its batch and its operation's terms."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

from aptic.tenancy.principal import current

# The booklets asked for that the acting organisation really holds; the settings in force before come back with them.
_SHOW = """
WITH before AS MATERIALIZED (SELECT current_setting('aptic.booklets', true) AS booklets),
     held AS MATERIALIZED (SELECT string_agg(id::text, ',') AS booklets FROM passes_booklet
                            WHERE id = ANY(%s) AND distributor_id = %s)
SELECT before.booklets, set_config('aptic.booklets', coalesce(held.booklets, ''), true) FROM before, held
"""


@contextmanager
def holding(booklets: Iterable[int]) -> Iterator[None]:
    """Inside the block, what these booklets open may be read, as if their codes had been presented.

    Only those that the acting distributor holds count; a funder and the operator read their rows anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, [list(booklets), current().organisation_id])
        before = cursor.fetchone()[0] or ""
    yield
    # After an exception the savepoint is rolled back, and the setting with it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aptic.booklets', %s, true)", [before])
