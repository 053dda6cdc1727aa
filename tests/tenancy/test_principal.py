"""The principal: written for one transaction, restored on the way out, carried to where the work goes on."""

import uuid
from typing import Any

import pytest
from django.db import connection, transaction

from aptic.accounts.models import Membership
from aptic.tenancy.principal import SETTINGS, Hat, Principal, acting, as_system, current
from tests.factories import make_funder

pytestmark = pytest.mark.pg15
ONE = Principal(hat=Hat.FUNDER, organisation_id=uuid.uuid4(), person_id=uuid.uuid4(), role="manager")
TWO = Principal(hat=Hat.ACTOR, organisation_id=uuid.uuid4(), site_id=uuid.uuid4(), request_id=uuid.uuid4())


def written() -> list[str]:
    columns = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        return list(cursor.fetchone())


def test_one_statement_writes_who_acts(db, django_assert_num_queries):
    with django_assert_num_queries(4), acting(ONE):  # savepoint, settings, those of the outer one, release
        pass


def test_the_settings_are_what_the_policies_read(db):
    with acting(TWO):
        assert written() == TWO.settings()
        assert current() == TWO


def test_the_outer_principal_comes_back_after_the_inner_one(db):
    with acting(ONE):
        with acting(TWO):
            assert written() == TWO.settings()
        assert written() == ONE.settings()
        assert current() == ONE
    assert current() == Principal()
    assert written() == Principal().settings()


def test_it_comes_back_after_an_error_too(db):
    with acting(ONE):
        with pytest.raises(ValueError, match="no"), acting(TWO):
            raise ValueError("no")
        assert written() == ONE.settings()
        assert current() == ONE


def test_it_comes_back_after_an_error_of_the_database(db):
    with acting(ONE):
        with pytest.raises(Exception, match="division by zero"), acting(TWO), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert written() == ONE.settings()


def test_it_comes_back_when_the_inner_work_is_undone_quietly(db):
    with acting(ONE):
        with acting(TWO):
            transaction.set_rollback(True)
        assert written() == ONE.settings()


def test_nothing_is_left_on_the_connection(fresh_database):
    """PgBouncer gives the connection to somebody else after the commit."""
    with acting(ONE):
        pass
    assert written() == [""] * len(SETTINGS)


def test_outside_of_a_block_nobody_sees_anything(fresh_database):
    make_funder()
    assert not Membership.objects.exists()
    assert current() == Principal()


@pytest.mark.parametrize("principal", [ONE, TWO, Principal(), Principal(hat=Hat.OPERATOR)])
def test_it_travels_as_json_to_a_job_or_a_message(principal):
    assert Principal.from_json(principal.as_json()) == principal


def test_threads_do_not_share_it(fresh_database, together):
    def work(i: int) -> Any:
        principal = (ONE, TWO)[i % 2]
        with acting(principal):
            return written() == principal.settings() and current() == principal

    assert together(8, work) == [True] * 8


def test_the_system_is_another_connection_and_only_inside_its_block(fresh_database):
    def role() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return cursor.fetchone()[0]

    assert role() == "aptic_app"
    with as_system():
        assert role() == "aptic_system"
    assert role() == "aptic_app"
    with pytest.raises(ValueError, match="no"), as_system():
        raise ValueError("no")
    assert role() == "aptic_app"


def test_at_a_site_it_is_the_same_principal(db):
    site = uuid.uuid4()
    assert (ONE.at_site(site).site_id, ONE.at_site(site).organisation_id) == (site, ONE.organisation_id)
