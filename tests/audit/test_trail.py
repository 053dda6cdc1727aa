"""Writing the trail: in the caller's transaction, readable by its organisation, without a lock on anything else."""

import uuid
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from aptic.audit.models import Event
from aptic.audit.services import record
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from tests.factories import OPERATOR, Member, make_funder

pytestmark = pytest.mark.pg15
LINE = "INSERT INTO audit_event (hat, verb, object_type, object_id, fields) VALUES ('', 'slow', '', '', '{}')"


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def test_a_line_says_who_as_whom_what_and_when(funder):
    request_id = uuid.uuid4()
    principal = Principal(
        hat=Hat.FUNDER, organisation_id=funder.organisation.pk, person_id=funder.user.pk, request_id=request_id
    )
    with acting(principal):
        record(verb="looked", target=funder.organisation, fields=("name",))
        line = Event.objects.about(funder.organisation).get(verb="looked")
    assert (line.person_id, line.organisation_id, line.hat, line.request_id) == (
        funder.user.pk, funder.organisation.pk, "funder", request_id,
    )  # fmt: skip
    assert (line.object_type, line.object_id, line.fields) == (
        "tenancy.organisation", str(funder.organisation.pk), ["name"],
    )  # fmt: skip
    assert line.xid > 0


def test_what_is_undone_leaves_no_line(funder):
    with acting(funder.principal):
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            record(verb="tried", target=None)
            raise ValueError("no")
        assert not Event.objects.filter(verb="tried").exists()


def test_an_organisation_reads_its_own_lines_and_the_operator_all(funder):
    other = make_funder()
    for member in (funder, other):
        with acting(member.principal):
            record(verb="acted", target=None)
    with acting(funder.principal):
        assert set(Event.objects.values_list("organisation_id", flat=True)) == {funder.organisation.pk}
    with acting(OPERATOR):
        assert Event.objects.filter(verb="acted").count() == 2


def test_nobody_writes_a_line_into_anothers_part(funder):
    other = make_funder()
    with pytest.raises(ProgrammingError, match="row-level security"), acting(funder.principal):
        record(verb="lied", target=None, organisation_id=other.organisation.pk)


def test_a_visitor_leaves_a_line_that_only_the_operator_reads(db):
    with acting(Principal()):
        record(verb="passed_by", target=None)
        assert not Event.objects.exists()
    with acting(OPERATOR):
        assert Event.objects.get(verb="passed_by").hat == "public"


def test_no_serving_role_may_change_a_line(fresh_database):
    for alias in ("default", "system"):
        for statement in ("UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
            with fresh_database.connect(alias) as plain, pytest.raises(psycopg.errors.InsufficientPrivilege):
                plain.execute(statement)


@pytest.mark.parametrize("column", ["id", "xid", "at"])
def test_no_serving_role_says_when_a_line_was_written_or_under_which_number(fresh_database, column):
    """A number of the far future is below no horizon: the line would never be sealed."""
    for alias in ("default", "system"):
        with fresh_database.connect(alias) as plain:
            plain.execute("SELECT set_config('aptic.hat', 'operator', false)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table"):
                plain.execute(f"INSERT INTO audit_event ({column}, verb) VALUES (DEFAULT, 'x')")


def test_the_owner_meets_a_trigger(fresh_database):
    """Grants hold the serving roles; the trigger holds the owner, who would first have to take it off, and be seen."""
    fill(fresh_database)
    for table, column in (("audit_event", "at"), ("audit_seal", "at"), ("audit_head", "published_at")):
        for verb in (f"UPDATE {table} SET {column} = now()", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with fresh_database.connect("owner") as owner, pytest.raises(psycopg.Error, match="append"):
                owner.execute(verb)


def fill(fresh_database: Any) -> None:
    """A row in each of the three tables: a trigger for each row needs one to meet."""
    with fresh_database.admin() as admin:
        admin.execute(
            "INSERT INTO audit_event (hat, verb, object_type, object_id, fields) VALUES ('', 'x', '', '', '{}')"
        )
        admin.execute(
            'INSERT INTO audit_seal ("table", low, high, first, last, count, rows_hash, previous, hash) '
            "VALUES ('x', 0, 1, 1, 1, 1, '', 'a', 'b')"
        )
        admin.execute("INSERT INTO audit_head (day, seal_id, hash) VALUES ('2020-01-01', 1, '')")


def test_writing_a_line_locks_no_other_row(fresh_database):
    """The redeem path writes a line while somebody changes the organisation: neither waits for the other."""
    funder = make_funder()
    with fresh_database.connect("owner") as rival:
        rival.execute("BEGIN")
        rival.execute("SELECT 1 FROM tenancy_organisation FOR UPDATE")
        rival.execute("SELECT 1 FROM accounts_user FOR UPDATE")
        with acting(funder.principal), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            record(verb="redeemed", target=funder.organisation)
            cursor.execute(
                """SELECT relname, mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation
                   WHERE pid = pg_backend_pid() AND relkind = 'r' AND mode NOT IN ('AccessShareLock')"""
            )
            assert cursor.fetchall() == [("audit_event", "RowExclusiveLock")]
        rival.execute("ROLLBACK")
    with acting(funder.principal):
        assert Event.objects.filter(verb="redeemed").exists()


def test_a_line_outlives_what_it_is_about(funder):
    gone = Organisation(pk=uuid.uuid4(), name="Jamais née")
    with acting(OPERATOR):
        record(verb="dreamt", target=gone)
        assert Event.objects.about(gone).get().verb == "dreamt"
