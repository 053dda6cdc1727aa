"""What stops a start is told in one sentence, with a non-zero exit and no traceback."""

import os
import re
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from aptic import keys
from aptic.embedded.process import CannotStart, socket_folder
from aptic.running import environment
from aptic.tenancy.checks import key_faults, role_faults
from aptic.variables import Variables
from tests.servers import BASE, SERVERS


def start(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess:
    """`python -m aptic.running` in an environment that is ours only where `changes` say so."""
    dropped = (*environment.DATABASE_URLS, "REDIS_URL", *keys.SECRETS)
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    env = {**kept, "APTIC_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "aptic.settings", **changes}
    command = [sys.executable, "-m", "aptic.running"]
    return subprocess.run(command, cwd=BASE, env=env, capture_output=True, text=True, timeout=60, check=False)


def assert_one_sentence(done: subprocess.CompletedProcess, *words: str) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_busy_port_names_another_one(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert_one_sentence(start(tmp_path, PORT=str(port)), f"le port {port} est déjà pris", f"PORT={port + 1}")


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_port_that_is_none_is_refused(port, monkeypatch, tmp_path):
    monkeypatch.setenv("PORT", port)
    monkeypatch.setenv("APTIC_VAR", str(tmp_path))
    with pytest.raises(CannotStart, match="entre 1 et 65535"):
        environment.read_place()


SETTINGS = str(BASE / "aptic" / "settings.py")
POSTGRES = "n’est pas une adresse PostgreSQL"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("APTIC_WORKERS", "x", "APTIC_WORKERS vaut « x » : donnez un nombre entier"),
        ("APTIC_WORKERS", "0", "APTIC_WORKERS vaut 0 : donnez un nombre à partir de 1"),
        ("APTIC_WEB_WORKERS", "-1", "APTIC_WEB_WORKERS vaut « -1 »"),
        ("APTIC_WEB_THREADS", "4.5", "APTIC_WEB_THREADS vaut « 4.5 »"),
        ("APTIC_DEMO", "non", "APTIC_DEMO vaut « non » : donnez 1 ou 0"),
        ("DATABASE_URL", "postgres://aptic_app@[::1/aptic", POSTGRES),
        ("DATABASE_URL", "postgres://aptic_app:a[b@localhost/aptic", "« [ » s’écrit %5B"),
        ("DATABASE_URL", "postgres://aptic_app:a#b@localhost/aptic", POSTGRES),
        ("DATABASE_SYSTEM_URL", "postgres://aptic_system@localhost:port/aptic", f"DATABASE_SYSTEM_URL {POSTGRES}"),
        ("DATABASE_OWNER_URL", "mysql://root@localhost/aptic", f"DATABASE_OWNER_URL {POSTGRES}"),
        ("REDIS_URL", "redis://[::1/0", "REDIS_URL n’est pas une adresse Valkey"),
        ("REDIS_URL", "redis://localhost:port/0", "REDIS_URL n’est pas une adresse Valkey"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL n’est pas une adresse Valkey"),
    ],
)
def test_what_cannot_be_understood_is_named(monkeypatch, tmp_path, variable, value, words):
    monkeypatch.setenv("APTIC_VAR", str(tmp_path))
    for name in environment.DATABASE_URLS:
        monkeypatch.setenv(name, "postgres://aptic:p%5Bss@one:5432,two:5432/aptic")
    monkeypatch.setenv("REDIS_URL", "redis://localhost:6379/0")
    environment.read_place()
    monkeypatch.setenv(variable, value)
    with pytest.raises((CannotStart, SystemExit), match=re.escape(words)) as refusal:
        environment.read_place()
    assert "a[b" not in str(refusal.value)  # a password is not shown


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("APTIC_PROXIES", "two", "APTIC_PROXIES vaut « two » : donnez un nombre entier"),
        ("APTIC_EMAIL_PORT", "-25", "APTIC_EMAIL_PORT vaut « -25 »"),
        ("APTIC_BEHIND_PROXY", "oui", "APTIC_BEHIND_PROXY vaut « oui » : donnez 1 ou 0"),
        ("APTIC_LOG_LEVEL", "loud", "APTIC_LOG_LEVEL vaut « LOUD » : donnez DEBUG, INFO, WARNING, ERROR ou CRITICAL"),
        ("DATABASE_URL", "postgres://aptic_app@[::1/aptic", f"DATABASE_URL {POSTGRES}"),
        ("REDIS_URL", "redis://[::1/0", "REDIS_URL n’est pas une adresse Valkey"),
    ],
)
def test_every_program_names_the_setting_that_cannot_be_understood(monkeypatch, variable, value, words):
    """The settings are what the web, a worker, the clock and manage.py all read first."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit, match=f"^Aptic ne peut pas démarrer : {re.escape(words)}"):
        runpy.run_path(SETTINGS)


@pytest.mark.parametrize(
    ("value", "number", "boolean", "text"),
    [("", 7, True, ""), (" 1 ", 1, True, " 1 "), ("0", 0, False, "0")],
)
def test_an_empty_variable_is_one_that_is_not_given(monkeypatch, value, number, boolean, text):
    monkeypatch.setenv("APTIC_ANYTHING", value)
    read = Variables()
    assert read.int("APTIC_ANYTHING", default=7) == number
    assert read.bool("APTIC_ANYTHING", default=True) is boolean
    assert read.str("APTIC_ANYTHING") == text


def test_a_password_may_begin_with_a_dollar(monkeypatch):
    monkeypatch.setenv("APTIC_EMAIL_HOST_PASSWORD", "$ecret")
    assert runpy.run_path(SETTINGS)["EMAIL_HOST_PASSWORD"] == "$ecret"


@pytest.mark.parametrize("address", ["nonsense.invalid", "192.0.2.1", "[::1]"])
def test_an_address_that_is_not_ours_is_no_busy_port(tmp_path, address):
    place = environment.Place(var=tmp_path, bind=address, port=18125, database_urls={}, redis_url="")
    with pytest.raises(CannotStart, match=re.escape(f"APTIC_BIND vaut « {address} »")):
        environment.check_port(place)


def test_missing_library_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(environment, "LIBRARIES", {"Pango": ("libnothing.so",), "C": ("libc.so.6", "libSystem.dylib")})
    monkeypatch.setattr(environment.shutil, "which", lambda tool: tool == "apt-get")
    with pytest.raises(CannotStart, match=r"manque à ce système Pango,.*apt-get install libpango"):
        environment.check_libraries()


def test_libraries_of_this_machine_are_found():
    environment.check_libraries()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgres://aptic_app@[::1/aptic", "n’est pas une adresse PostgreSQL"),
        ("postgres://aptic_app@localhost", "n’est pas une adresse PostgreSQL"),
        ("postgres://aptic_app@localhost:1/aptic", "refuse la connexion"),
    ],
)
def test_wrong_database_url_is_told_in_one_sentence(tmp_path, url, word):
    urls = dict.fromkeys(environment.DATABASE_URLS, url)
    assert_one_sentence(start(tmp_path, PORT="18123", **urls), word)


def test_own_database_needs_its_three_addresses(monkeypatch, tmp_path):
    monkeypatch.setenv("APTIC_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgres://aptic_app@localhost/aptic")
    for name in environment.DATABASE_URLS[1:]:
        monkeypatch.delenv(name)
    with pytest.raises(CannotStart, match="DATABASE_OWNER_URL et DATABASE_SYSTEM_URL"):
        environment.read_place()


@pytest.mark.pg15
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("ALTER ROLE {role} SUPERUSER", "superutilisateur"),
        ("ALTER ROLE {role} BYPASSRLS", "BYPASSRLS"),
        ("ALTER ROLE {role} CREATEROLE", "CREATEROLE"),
        ("GRANT aptic_owner TO {role}", "peut devenir le propriétaire d’une table"),
        ("GRANT aptic_system TO {role}", "a les droits du rôle système"),
        ("GRANT postgres TO {role}", "peut devenir un rôle d’administration"),
        ("CREATE TABLE mine (); ALTER TABLE mine OWNER TO {role}", "possède une table"),
        ("SELECT 1", None),
    ],
)
def test_role_that_row_security_would_not_hold_is_refused(fresh_database, statement, fault):
    role = f"odd_{fresh_database.name}"
    with fresh_database.admin() as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN; GRANT aptic_app TO {role}; GRANT ALL ON SCHEMA public TO {role}")
        admin.execute(f"GRANT CONNECT ON DATABASE {fresh_database.name} TO {role}")
        admin.execute(statement.format(role=role))
    usual = connections.settings["default"]["USER"]
    connections["default"].close()
    connections.settings["default"]["USER"] = role
    try:
        found = role_faults()
    finally:
        connections["default"].close()
        connections.settings["default"]["USER"] = usual
        with fresh_database.admin() as admin:
            admin.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
    assert any(fault in each for each in found) if fault else found == []


def test_serving_and_system_roles_are_harmless(fresh_database):
    assert role_faults("default") == []
    assert role_faults("system") == []


def test_keys_of_another_installation_are_refused(fresh_database, settings):
    with fresh_database.admin() as admin:
        admin.execute(
            "UPDATE tenancy_installation SET code_key_check = %s",
            [keys.fingerprint(keys.read_ring(settings.CODE_KEYS))],
        )
    assert key_faults() == []
    settings.CODE_KEYS = [keys._fresh(1)]
    assert "ne sont pas celles de cette base" in key_faults()[0]
    settings.CODE_KEYS = ["1:short"]
    assert "illisibles" in key_faults()[0]


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_the_secret_key_that_everybody_can_read_is_refused(fresh_database, settings, name):
    assert key_faults() == []
    known = settings.UNSAFE_KEY
    setattr(settings, name, known if name == "SECRET_KEY" else [known])
    (fault,) = key_faults()
    assert "APTIC_SECRET_KEY" in fault


def test_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "file").touch()
    env = start(tmp_path / "file", PORT="18124")
    assert_one_sentence(env, "APTIC_VAR")


def test_sockets_leave_a_folder_that_is_too_deep(tmp_path):
    deep = tmp_path / ("x" * 90)
    assert len(str(socket_folder(deep))) < 90
    assert socket_folder(Path("/srv/aptic")) == Path("/srv/aptic/run")


def test_server_keeps_durability_on():
    with SERVERS.admin() as admin:
        shown = {name: admin.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")}
    assert shown == {"fsync": "on", "synchronous_commit": "on"}
