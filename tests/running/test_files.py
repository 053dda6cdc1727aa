"""The files that say what we run on and how: locks, compose, settings' page."""

import json
import re
import subprocess

import pytest
import yaml

from aptic.celery import QUEUES, SCHEDULE, SYSTEM_QUEUE
from aptic.keys import PUBLISHED, SEEDS
from tests.servers import BASE

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock", "package-lock.json")


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_address_to_fetch_from(name):
    text = re.sub(r'"funding": (\{[^}]*\}|"[^"]*")', "", (BASE / name).read_text())  # where thanks go is no source
    assert "resolved" not in text
    assert not re.search(r"https?://", text)
    assert "--index" not in text


def test_every_locked_library_has_its_hash():
    for name in LOCKS[:3]:
        for entry in re.split(r"\n(?=\S)", (BASE / name).read_text().strip()):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]
    packages = json.loads((BASE / "package-lock.json").read_text())["packages"]
    assert all(package.get("integrity") for path, package in packages.items() if path)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((BASE / "docker-compose.yml").read_text())


def test_compose_runs_every_organ(compose):
    organs = {"postgres", "valkey", "pgbouncer", "roles", "migrate", "web", "beat"}
    organs |= {"worker", "worker-documents", "worker-system"}
    assert set(compose["services"]) == organs
    for name, service in compose["services"].items():
        assert "image" in service, name
        assert set(service.get("depends_on", {})) <= organs


def test_compose_gives_each_role_to_those_who_need_it(compose):
    def holders(variable):
        return {name for name, service in compose["services"].items() if variable in service.get("environment", {})}

    assert holders("DATABASE_OWNER_URL") == {"migrate"}
    assert holders("DATABASE_SYSTEM_URL") == {"migrate", "worker-system"}
    serving = {"migrate", "web", "worker", "worker-documents", "worker-system", "beat"}
    assert holders("DATABASE_URL") == serving
    assert holders("APTIC_EMAIL_HOST_PASSWORD") == {"worker"}
    assert holders(SEEDS) == {"worker-documents"}
    assert holders(PUBLISHED) == serving


@pytest.mark.parametrize(
    "variable", ["APTIC_PROXIES", "APTIC_BEHIND_PROXY", "APTIC_TRUSTED_ORIGINS", "APTIC_METRICS_TOKEN"]
)
def test_compose_tells_the_web_process_what_stands_before_it(compose, variable):
    """Left out, the whole public would be one address behind a proxy, and share its limits."""
    named = {name for name, service in compose["services"].items() if variable in service.get("environment", {})}
    assert named == {"web"}
    assert compose["services"]["web"]["environment"][variable].startswith(f"${{{variable}:-")


def test_compose_serves_every_queue_once(compose):
    """So that no booklet waits for a worker without the seeds."""
    served = {}
    for name, service in compose["services"].items():
        command = service.get("command", [])
        if "-Q" in command:
            served[name] = command[command.index("-Q") + 1].split(",")
    assert sorted(queue for queues in served.values() for queue in queues) == sorted([*QUEUES, SYSTEM_QUEUE])
    assert served["worker-documents"] == ["documents"]


def test_the_image_and_make_run_take_the_same_browser_code():
    """One step lists it: a library that one of them lacked would be a page that answers 500."""
    for name in ("Makefile", "Dockerfile"):
        text = (BASE / name).read_text()
        assert "bash aptic/embedded/vendor.sh node_modules" in text, name
        assert not re.search(r"node_modules/(?!\.installed)", text), name


def test_that_step_brings_every_file_that_pages_ask_for(tmp_path):
    subprocess.run(["bash", BASE / "aptic/embedded/vendor.sh", BASE / "node_modules", tmp_path], check=True)
    named = r"(?:static '|\.\./)((?:vendor|fonts)/[^'\")]+)"
    pages = [
        path for folder in ("templates", "aptic/static", "passes/static") for path in (BASE / folder).rglob("*.[hcj]*")
    ]
    asked = {name for path in pages for name in re.findall(named, path.read_text(encoding="utf-8"))}
    assert {"vendor/idb.js", "vendor/zxing.js", "vendor/leaflet/leaflet.js"} <= asked
    assert {name for name in asked if not (tmp_path / name).is_file()} == set()


def test_schedule_names_known_queues():
    assert {entry["options"]["queue"] for entry in SCHEDULE.values()} <= {*QUEUES, SYSTEM_QUEUE}


def test_every_variable_is_documented():
    sources = [BASE / "aptic/settings.py", *(BASE / "aptic/running").glob("*.py"), BASE / "tests/servers.py"]
    pattern = r'env\.\w+\(\s*"(\w+)"|os\.environ(?:\.get\(|\[)"(\w+)"|_database\("(\w+)"'
    named = {name for path in sources for groups in re.findall(pattern, path.read_text()) for name in groups if name}
    page = (BASE / "docs/operations/settings.md").read_text()
    missing = {name for name in named if f"`{name}`" not in page} - {"MAKELEVEL", "PYTEST_XDIST_WORKER"}
    assert not missing
