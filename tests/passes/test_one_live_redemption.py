"""A pass has at most one live redemption, by constraints alone: each of the four is broken on purpose, by the owner and
by the role that serves, who holds the verified codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from psycopg import errors

from passes import codes
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15

# Both are copies of a row that is right, so that one thing alone is wrong in each.
AGAIN = """
INSERT INTO passes_redemption (id, pass_id, turn, outcome, service_id, site_id, actor_id, funder_id, batch_id,
                               value_cents, occurred_at, accounted_at, offline)
SELECT gen_random_uuid(), pass_id, %s, outcome, service_id, site_id, actor_id, funder_id, batch_id,
       value_cents, now(), now(), false FROM passes_redemption WHERE id = %s
"""
UNDO = """
INSERT INTO passes_void (redemption_id, pass_id, turn, actor_id, funder_id, accounted_at)
SELECT %s, pass_id, %s, actor_id, funder_id, now() FROM passes_redemption WHERE id = %s
"""
Raw = Callable[[], Any]


class Two:
    """Two passes of a booklet, redeemed once each at a till, and the database they are in."""

    def __init__(self, database: Any) -> None:
        till, batch = make_till(), make_batch()
        self.till, self.database = till, database
        self.codes = [code_of(batch, position=place) for place in (1, 2)]
        self.one, self.other = (till.redeem(code).json()["id"] for code in self.codes)

    @contextmanager
    def owner(self) -> Iterator[Any]:
        """The owner of the tables."""
        with self.database.connect("owner") as raw, raw.transaction():
            yield raw

    @contextmanager
    def counter(self) -> Iterator[Any]:
        """The role that serves, as the till that read both codes."""
        serials = [codes.parse(code).serial for code in self.codes]
        with self.database.connect("default") as raw, raw.transaction():
            raw.execute(
                "SELECT set_config('aptic.organisation', %s, true), set_config('aptic.hat', 'actor', true),"
                " set_config('aptic.site', %s, true)",
                [str(self.till.site.actor_id), str(self.till.site.pk)],
            )
            raw.execute("SELECT passes_present(%s, %s::int[])", [self.till.site.pk, serials])
            yield raw


@pytest.fixture(params=["owner", "counter"])
def two(request: pytest.FixtureRequest, fresh_database: Any) -> tuple[Two, Raw]:
    made = Two(fresh_database)
    return made, getattr(made, request.param)


def test_what_is_right_is_taken(two: tuple[Two, Raw]) -> None:
    """The same statements with nothing wrong in them: what follows fails for what it says."""
    made, connect = two
    with connect() as raw:
        raw.execute(UNDO, [made.one, 1, made.one])
        raw.execute(AGAIN, [2, made.one])


def test_a_turn_is_redeemed_once(two: tuple[Two, Raw]) -> None:
    made, connect = two
    with pytest.raises(errors.UniqueViolation, match="one_redemption_per_turn"), connect() as raw:
        raw.execute(AGAIN, [1, made.one])


def test_a_second_turn_needs_the_void_of_the_first(two: tuple[Two, Raw]) -> None:
    made, connect = two
    with pytest.raises(errors.ForeignKeyViolation, match="redemption_after_void"), connect() as raw:
        raw.execute(AGAIN, [2, made.one])
    with pytest.raises(errors.ForeignKeyViolation, match="redemption_after_void"), connect() as raw:
        raw.execute(UNDO, [made.other, 1, made.other])
        raw.execute(AGAIN, [2, made.one])


def test_a_turn_is_voided_once(two: tuple[Two, Raw]) -> None:
    made, connect = two
    with pytest.raises(errors.UniqueViolation, match="turn_voided_once"), connect() as raw:
        raw.execute(UNDO, [made.one, 1, made.one])
        raw.execute(UNDO, [made.other, 1, made.one])


def test_a_void_gives_back_the_pass_and_the_turn_of_the_redemption_it_names(two: tuple[Two, Raw]) -> None:
    """Or the other pass would be redeemed twice at once, and nothing undone."""
    made, connect = two
    with pytest.raises(errors.ForeignKeyViolation, match="void_of_its_redemption"), connect() as raw:
        raw.execute(UNDO, [made.one, 1, made.other])
        raw.execute(AGAIN, [2, made.other])
    with pytest.raises(errors.ForeignKeyViolation, match="void_of_its_redemption"), connect() as raw:
        raw.execute(UNDO, [made.one, 2, made.one])


def migrate(name: str = "") -> None:
    """The tables of passes, as that migration leaves them; without a name, as they are today."""
    call_command("migrate", "passes", *filter(None, [name]), database="owner", verbosity=0, interactive=False)


def test_voids_made_before_are_read_and_what_the_former_key_let_through_stops_the_migration(
    fresh_database: Any,
) -> None:
    """Once it is gone, the same migration begins again from where it stopped."""
    made = Two(fresh_database)
    assert made.till.post(f"redemptions/{made.one}/void/").status_code == 201
    third = made.till.redeem(made.codes[0]).json()["id"]
    migrate("0014")
    with made.owner() as raw:
        raw.execute(UNDO, [third, 1, made.other])
    with pytest.raises(IntegrityError, match="void_of_its_redemption"):
        migrate()
    with made.owner() as raw:
        raw.execute("ALTER TABLE passes_void DISABLE TRIGGER USER")
        raw.execute("DELETE FROM passes_void WHERE redemption_id = %s", [third])
        raw.execute("ALTER TABLE passes_void ENABLE TRIGGER USER")
    migrate()
    with pytest.raises(errors.ForeignKeyViolation, match="void_of_its_redemption"), made.owner() as raw:
        raw.execute(UNDO, [third, 1, made.other])
