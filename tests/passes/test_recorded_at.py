"""`recorded_at` is always the database’s clock: whoever inserts an attempt or a void cannot say when it was made."""

from typing import Any

import pytest
from psycopg import errors

from tests.passes.test_one_live_redemption import AGAIN, UNDO, Two

pytestmark = pytest.mark.pg15


def dated(statement: str, column: str) -> str:
    """The same statement, recorded a minute ago."""
    return statement.replace(f"{column},", f"{column}, recorded_at,", 1).replace(
        f"SELECT {'gen_random_uuid()' if column == 'id' else '%s'},",
        f"SELECT {'gen_random_uuid()' if column == 'id' else '%s'}, now() - interval '1 minute',",
        1,
    )


@pytest.mark.parametrize("who", ["owner", "counter"])
def test_nobody_dates_what_is_recorded(fresh_database: Any, who: str) -> None:
    made = Two(fresh_database)
    connect = getattr(made, who)
    with pytest.raises(errors.CheckViolation, match="database's clock"), connect() as raw:
        raw.execute(dated(UNDO, "redemption_id"), [made.one, 1, made.one])
    with connect() as raw:
        raw.execute(UNDO, [made.one, 1, made.one])
    with pytest.raises(errors.CheckViolation, match="database's clock"), connect() as raw:
        raw.execute(dated(AGAIN, "id"), [2, made.one])
    with connect() as raw:
        raw.execute(AGAIN, [2, made.one])
