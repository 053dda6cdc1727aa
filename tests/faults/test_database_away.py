"""The database dies, or holds its breath, under a serving site: a clear answer, nothing lost, nothing twice."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from actors.models import Payout, Settlement
from aptic.documents import services as documents
from aptic.embedded.postgres import Postgres
from aptic.embedded.prepare import prepare_grants, prepare_roles
from aptic.embedded.process import end, spawn
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.jobs.tasks import requeue_stale
from aptic.tenancy.principal import acting
from funders.models import Order
from passes import printing
from passes.models import Batch, Redemption
from tests.actors.money import Scheme
from tests.conftest import _listens, point_at, web_command
from tests.factories import OPERATOR
from tests.faults.dying import celery_worker, hold_documents, hold_last_booklet, look
from tests.faults.test_issuing import Buyer, assert_issued_once
from tests.passes.world import SLUG, TestTill, code_of, in_circulation, make_batch, make_till
from tests.ports import held_port
from tests.servers import SERVERS

pytestmark = pytest.mark.pg15
NAME = "test_away"
OUTAGE = 10  # seconds


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, with a copy of the suite's template; our connections go there."""
    folder = Path(tempfile.mkdtemp(prefix="away-", dir=SERVERS.folder))
    folder.chmod(0o711)
    made = Postgres(folder, binaries=SERVERS.postgres.binaries)
    made.start()
    made.wait()
    with made.connect() as admin:
        prepare_roles(admin)
        admin.execute(f"CREATE DATABASE {NAME} OWNER aptic_owner TEMPLATE template0")
    with made.connect(database=NAME) as admin:
        prepare_grants(admin)
    before, source = connections.settings["default"]["NAME"], SERVERS.clone()
    copy(SERVERS.postgres, source, made)
    SERVERS.drop(source)
    with django_db_blocker.unblock():
        point_at(NAME)
        hosts = {alias: connections.settings[alias]["HOST"] for alias in connections}
        for alias in connections:
            connections.settings[alias]["HOST"] = str(made.sockets)
        yield made
        for alias, host in hosts.items():
            connections[alias].close()
            connections.settings[alias]["HOST"] = host
        point_at(before)
    made.stop()
    shutil.rmtree(folder)


def copy(source: Postgres, name: str, target: Postgres) -> None:
    """The content of a database of one server in that of another."""
    programs_of = source.binaries
    dump = [programs_of / "pg_dump", "-h", source.sockets, "-U", "postgres", "-d", name]
    load = [programs_of / "psql", "-h", target.sockets, "-U", "postgres", "-d", NAME, "-q", "-v", "ON_ERROR_STOP=1"]
    written = subprocess.run([str(word) for word in dump], capture_output=True, check=True).stdout
    # The dump makes the schema that exists already.
    text = b"\n".join(line for line in written.splitlines() if not line.startswith(b"CREATE SCHEMA public"))
    done = subprocess.run([str(word) for word in load], input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]


@pytest.fixture(scope="module")
def site(server: Postgres) -> Iterator[str]:
    """A real site on that server, with connections that outlive requests."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.faults.away_settings",
        "APTIC_TEST_DATABASE": NAME,
        "APTIC_TEST_SOCKETS": str(server.sockets),
        "APTIC_TEST_VALKEY": settings.REDIS_URL.rsplit("db=", 1)[1],
    }
    with held_port() as port:
        process = spawn(web_command(port), env=environment)
        try:
            until(lambda: _listens(port))
            yield f"http://localhost:{port}"
        finally:
            end(process, (signal.SIGTERM, 10), (signal.SIGKILL, 5))


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for a condition, never for a time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


def ask(url: str, body: Any = None, token: str = "") -> tuple[int, Message, bytes]:
    """Status, headers and body of a request over HTTP."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, headers=headers, data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def redeem(site: str, till: TestTill, code: str, key: str) -> tuple[int, Message, bytes]:
    return ask(f"{site}/api/v1/redemptions/", {"id": key, "code": code, "service": SLUG}, till.token)


def family(pid: int) -> list[int]:
    """The server's first process and all its children."""
    found = [pid]
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.name))
    return found


def kill(server: Postgres) -> None:
    """No farewell: every process of it dies at once; the first is stopped before, so that it bears no more children."""
    os.kill(server.process.pid, signal.SIGSTOP)
    for pid in family(server.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait()
    until(lambda: not server.answers())


def test_killed_and_started_again_nothing_is_lost_and_nothing_counts_twice(server, site):
    till, batch = make_till(), make_batch()
    done, waiting = str(uuid.uuid4()), str(uuid.uuid4())
    first = redeem(site, till, code_of(batch), done)
    assert first[0] == 201, first[2]

    kill(server)
    status, headers, body = redeem(site, till, code_of(batch, position=2), waiting)
    assert (status, headers["Content-Type"], headers["Retry-After"]) == (503, "application/problem+json", "2")
    assert json.loads(body)["code"] == "unavailable"
    assert "même identifiant" in json.loads(body)["detail"]
    for page in ("/espace/", "/compte/login/", f"/guichet/{till.site.actor_id}/{till.site.pk}/", "/transparence/"):
        status, headers, body = ask(site + page)
        if status != 200 and not page.startswith("/compte"):
            assert (status, headers["Retry-After"]) == (503, "2"), page
            assert "Rien de ce qui était enregistré n’est perdu" in body.decode()
    assert ask(f"{site}/livez")[0] == 200
    assert ask(f"{site}/readyz")[0] == 503

    server.start()
    server.wait()
    answers = []

    def through() -> bool:
        answers.append(redeem(site, till, code_of(batch, position=2), waiting)[0])
        return answers[-1] != 503

    until(through)  # each thread of the site finds its connection dead once, and opens another by itself
    assert answers[-1] == 201
    assert set(answers[:-1]) <= {503}
    until(lambda: ask(f"{site}/readyz")[0] == 200)
    assert redeem(site, till, code_of(batch, position=2), waiting)[0] in (200, 503)
    repeated = until(lambda: (again := redeem(site, till, code_of(batch), done))[0] != 503 and again)
    assert (repeated[0], repeated[2]) == (200, first[2])  # what was answered before the fall is still true

    connections["default"].close()
    with acting(OPERATOR):
        taken = Redemption.objects.accepted().filter(site_id=till.site.pk).values_list("pk", flat=True)
        assert set(map(str, taken)) == {done, waiting}
    assert in_circulation(batch) == batch.amount_cents - 2 * batch.face_value_cents


def test_holding_its_breath_it_answers_when_it_breathes_again(server, site):
    """A server that neither answers nor refuses: what was sent meanwhile, twice, is done once."""
    till, batch, key = make_till(), make_batch(), str(uuid.uuid4())
    assert redeem(site, till, code_of(batch, position=9), str(uuid.uuid4()))[0] == 201
    frozen = family(server.process.pid)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    answers: list[tuple[int, Message, bytes]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(redeem(site, till, code_of(batch), key)), daemon=True)
        for _ in range(2)
    ]
    try:
        for thread in threads:
            thread.start()
        assert ask(f"{site}/livez")[0] == 200  # the site itself goes on
        assert answers == []
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    for thread in threads:
        thread.join(60)
    assert sorted(status for status, _, _ in answers) in ([200, 201], [201, 503], [503, 503])
    final = until(lambda: (again := redeem(site, till, code_of(batch), key))[0] != 503 and again)
    assert final[0] in (200, 201)
    connections["default"].close()
    with acting(OPERATOR):
        assert Redemption.objects.accepted().filter(pk=key).count() == 1
    assert in_circulation(batch) == batch.amount_cents - 2 * batch.face_value_cents


class Told:
    """The server that goes away, as a worker is told of it."""

    def __init__(self, server: Postgres) -> None:
        self.server = server

    def environment(self) -> dict[str, str]:
        """The variables that point a worker there."""
        url = self.server.url("aptic_app", NAME)
        return {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, "APTIC_VAR": str(settings.VAR)}


@dataclass
class Work:
    """A run, a printing and an issue, begun at once."""

    printed: Batch
    order: Order
    jobs: list[Job]

    def states(self) -> set[str]:
        """Where they stand."""
        return {str(look(one.pk).state) for one in self.jobs}

    def assert_done_once(self) -> None:
        """One run of the three lines, one file, one batch."""
        with acting(OPERATOR):
            (run,) = Settlement.objects.all()
            assert Payout.objects.get(settlement=run).lines_count == 3
            (file,) = printing.files_of(self.printed)
            assert documents.read(file.document).startswith(b"%PDF")
            default_storage.delete(file.document.storage_name)
        assert_issued_once(self.order)


@contextmanager
def in_the_middle(server: Postgres) -> Iterator[Work]:
    """Work that a worker has begun and cannot end: a rival holds what each piece of it needs last."""
    scheme, buyer, printed = Scheme(), Buyer(), make_batch(booklets=21)
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor(), times=3)
    with closing(server.connect(database=NAME)) as rival:
        rival.execute("BEGIN")
        hold_documents(rival)
        hold_last_booklet(rival, 15_000)
        with acting(OPERATOR):
            paper = printing.request_print(batch=printed)
        until(lambda: look(paper.pk).state == Job.State.RUNNING)
        order, issue = buyer.order(booklets=15_000)
        until(lambda: look(issue.pk).done)
        rival.execute("SELECT FROM ledger_purse FOR NO KEY UPDATE")
        with acting(scheme.first):
            run = jobs.start(kind="settlement", params={"cutoff": timezone.now().isoformat()}, title="Règlement")
        work = Work(printed, order, [paper, issue, run])
        until(lambda: look(run.pk).state == Job.State.RUNNING)
        assert work.states() == {Job.State.RUNNING}
        yield work


def test_away_for_ten_seconds_everybody_waits_and_goes_on_by_itself(server, site, monkeypatch):
    """Nobody restarts anything but the database: neither the site, nor the worker, nor the till that tries again."""
    monkeypatch.setenv("APTIC_WORKERS", "3")
    till, batch, key = make_till(), make_batch(), str(uuid.uuid4())
    with celery_worker(Told(server)) as worker, in_the_middle(server) as work:
        kill(server)
        began, answers = time.monotonic(), []
        while time.monotonic() < began + OUTAGE:
            answers.append(redeem(site, till, code_of(batch), key))
            time.sleep(0.5)
        assert {(status, headers["Retry-After"]) for status, headers, _ in answers} == {(503, "2")}

        server.start()
        server.wait()
        until(lambda: redeem(site, till, code_of(batch), key)[0] in (200, 201))
        connections["default"].close()
        assert work.states() == {Job.State.RUNNING}  # a lease is longer than this outage: nobody else took them
        with acting(OPERATOR):
            Job.objects.filter(state=Job.State.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))
        requeue_stale.apply_async(queue="default")  # beat's word, every minute
        until(lambda: work.states() == {Job.State.DONE})
        assert worker.poll() is None
    work.assert_done_once()
    with acting(OPERATOR):
        assert Redemption.objects.accepted().filter(pk=key).count() == 1
    assert in_circulation(batch) == batch.amount_cents - batch.face_value_cents
