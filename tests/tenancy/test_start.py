"""Start-up: a process whose role row-level security would not hold ends with one sentence instead of serving."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import connections

from aptic.keys import PUBLISHED, SEEDS, _fresh, public_ring, write_ring
from aptic.running import programs
from aptic.tenancy.checks import FAULTS, refuse_unsafe_serving, role_faults
from tests.servers import BASE, SERVERS

pytestmark = pytest.mark.pg15


WEB = ("-c", "import aptic.wsgi")
WORKER = ("-m", "celery", "-A", "aptic", "-q", "worker", "-Q", "system", "-P", "solo", "-l", "WARNING")
CLOCK = ("-m", "celery", "-A", "aptic", "-q", "beat", "-l", "WARNING", "--pidfile=")


def serve(fresh_database, *program: str, **changes: str) -> subprocess.CompletedProcess:
    """Start a program that serves; by default import the application as a web server does."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "aptic.settings",
        "PYTHONWARNINGS": "ignore",
        **fresh_database.environment(),
        **changes,
    }
    return subprocess.run(
        [sys.executable, *(program or WEB)],
        cwd=BASE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_serving_role_serves(fresh_database):
    done = serve(fresh_database)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_owner_does_not(fresh_database):
    done = serve(fresh_database, DATABASE_URL=fresh_database.environment()["DATABASE_OWNER_URL"])
    assert done.returncode == 1
    assert done.stderr.startswith("Aptic refuse de servir : le rôle « aptic_owner » de DATABASE_URL possède une table")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_system_role_does_not(fresh_database):
    done = serve(fresh_database, DATABASE_URL=fresh_database.environment()["DATABASE_SYSTEM_URL"])
    assert done.returncode == 1
    assert "a les droits du rôle système" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_known_secret_key_does_not(fresh_database):
    done = serve(fresh_database, APTIC_SECRET_KEY=settings.UNSAFE_KEY)
    assert done.returncode == 1
    assert done.stderr.startswith("Aptic refuse de servir : APTIC_SECRET_KEY n’est pas donnée")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_public_ring_alone_serves(fresh_database):
    published = write_ring(public_ring([], settings.SIGNING_KEYS))
    done = serve(fresh_database, **{SEEDS: "", PUBLISHED: published})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("published", "seeds", "sentence"),
    [
        ("", "", "APTIC_SIGNING_PUBLIC_KEYS n’est pas donnée"),
        (_fresh(1), _fresh(1), "la clé n° 1 de APTIC_SIGNING_KEYS n’a pas sa partie publique"),
        ("1:short", "", "des clés sont illisibles"),
    ],
    ids=["none", "another", "unreadable"],
)
def test_rings_that_check_nothing_do_not(fresh_database, published, seeds, sentence):
    done = serve(fresh_database, **{SEEDS: seeds, PUBLISHED: published})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Aptic refuse de servir : {sentence}")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_worker_whose_seed_is_not_published_takes_nothing():
    """It alone has both rings where there are several machines."""
    child = programs.worker()
    done = subprocess.run(
        child.command,
        cwd=BASE,
        env={**child.env, "DJANGO_SETTINGS_MODULE": "tests.settings", PUBLISHED: _fresh(1)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("Aptic refuse de servir : la clé n° 1 de APTIC_SIGNING_KEYS")
    assert "Traceback" not in done.stderr


def test_a_superuser_does_not(fresh_database):
    done = serve(fresh_database, DATABASE_URL=SERVERS.postgres.url("postgres", fresh_database.name))
    assert done.returncode == 1
    assert "est superutilisateur" in done.stderr


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DATABASE_SYSTEM_URL"])
def test_a_worker_with_a_superuser_does_not(fresh_database, variable):
    done = serve(fresh_database, *WORKER, **{variable: SERVERS.postgres.url("postgres", fresh_database.name)})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Aptic refuse de servir : le rôle « postgres » de {variable} est superutilisateur")
    assert len((done.stdout + done.stderr).strip().splitlines()) == 1


def test_the_clock_with_a_superuser_does_not(fresh_database, tmp_path):
    superuser = SERVERS.postgres.url("postgres", fresh_database.name)
    done = serve(fresh_database, *CLOCK, "-s", str(tmp_path / "schedule"), DATABASE_URL=superuser)
    assert done.returncode == 1  # by then what it writes is a line of its log
    assert "Aptic refuse de servir : le rôle « postgres » de DATABASE_URL est superutilisateur" in done.stderr
    assert len((done.stdout + done.stderr).strip().splitlines()) == 1


def test_the_sentence_says_which_role_to_use(fresh_database):
    with fresh_database.admin() as admin:
        admin.execute("CREATE TABLE mine (); ALTER TABLE mine OWNER TO aptic_app")
    (fault,) = role_faults()
    assert FAULTS[4] in fault
    assert "Utilisez aptic_app pour servir et aptic_system pour les tâches planifiées." in fault
    with pytest.raises(SystemExit, match=r"^Aptic refuse de servir : le rôle « aptic_app »"):
        refuse_unsafe_serving()
    assert [error.id for error in run_checks(databases=["default"], include_deployment_checks=False)] == ["aptic.E001"]


def test_a_database_that_is_away_is_waited_for_then_named(fresh_database, monkeypatch):
    real, naps = connections.settings["default"]["NAME"], []
    clock = SimpleNamespace(monotonic=lambda: sum(naps), sleep=naps.append)  # of which only waiting takes any
    monkeypatch.setattr("aptic.tenancy.checks.time", clock)
    connections["default"].close()
    connections.settings["default"]["NAME"] = "nowhere_at_all"
    try:
        with pytest.raises(SystemExit, match="la base de données ne répond pas"):
            refuse_unsafe_serving(patience=8)
    finally:
        connections["default"].close()
        connections.settings["default"]["NAME"] = real
    assert 8 <= sum(naps) < 10
