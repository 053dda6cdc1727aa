"""The fixtures that the rest of the suite stands on."""

import pytest
from django.db import connection, connections, transaction
from django.template import engines


@pytest.mark.pg15
def test_tests_run_as_the_serving_role(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('fsync'), current_setting('synchronous_commit')")
        assert cursor.fetchone() == ("aptic_app", "on", "on")


def test_fresh_database_keeps_what_threads_commit(fresh_database, together):
    with fresh_database.admin() as admin:
        admin.execute("CREATE TABLE tally (n int); GRANT ALL ON tally TO aptic_app")

    def insert(index):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO tally VALUES (%s)", [index])
            return index

    assert together(8, insert) == list(range(8))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tally")
        assert cursor.fetchone() == (8,)


def test_fresh_database_reaches_the_three_roles(fresh_database):
    seen = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user, current_database()")
            seen[alias] = cursor.fetchone()
    assert seen == {
        "default": ("aptic_app", fresh_database.name),
        "owner": ("aptic_owner", fresh_database.name),
        "system": ("aptic_system", fresh_database.name),
    }


def test_together_returns_what_each_thread_raised(together, fresh_database):
    def fail(index):
        if index:
            raise ValueError(index)
        return "fine"

    first, second = together(2, fail)
    assert first == "fine"
    assert isinstance(second, ValueError)


def test_undefined_template_variables_pass_in_foreign_templates_only():
    template = engines["django"].from_string("{{ nothing|default:'rien' }}")
    assert template.render({}) == "rien"


def test_network_is_closed():
    import socket

    with socket.socket() as probe, pytest.raises(AssertionError, match="tried to reach"):
        probe.connect(("192.0.2.1", 80))


def test_live_site_answers_over_http(live_site):
    import urllib.request

    with urllib.request.urlopen(f"{live_site}/livez") as answer:
        assert answer.read() == b"ok\n"
