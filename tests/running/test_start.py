"""`python -m aptic.running` for real: starts, answers, stops, survives being killed, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from aptic import keys
from aptic.running.environment import DATABASE_URLS
from tests.busy import timed
from tests.ports import held_port
from tests.servers import BASE


def processes_of(folder: Path, *, knowing: str = "") -> list[str]:
    """The command lines of every process whose environment or arguments name the folder, and tell `knowing`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if str(folder).encode() in told and b"aptic" in told and knowing.encode() in told:
                    found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
    return found


class Installation:
    """One installation in a folder of its own, under a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.output = folder.with_suffix(".log")

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in (*DATABASE_URLS, "REDIS_URL")}
        for name in keys.SECRETS:
            kept.pop(name, None)
        changes = {"APTIC_VAR": str(self.folder), "PORT": str(self.port), "APTIC_DEMO": "0"}
        env = {**kept, **changes, "DJANGO_SETTINGS_MODULE": "aptic.settings"}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aptic.running"], cwd=BASE, env=env, stdout=output, stderr=output
            )
        self.wait(self.answers, 240)  # the promise is the next start, below; this one migrates

    def answers(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=2) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            with error:
                pytest.fail(error.read().decode(errors="replace")[:500])
        except OSError:
            return False

    def wait(self, condition, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.output.read_text()[-2000:]
            time.sleep(0.05)

    def nobody_left(self) -> None:
        self.wait(lambda: not processes_of(self.folder), 20)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with held_port() as port:
        made = Installation(tmp_path_factory.mktemp("installation") / "var", port)
        typeface = made.folder / "vendor" / ".installed"
        subprocess.run(["make", "-s", f"APTIC_VAR={made.folder}", str(typeface)], cwd=BASE, check=True)
        try:
            made.start()
            yield made
        finally:
            made.process.kill()
            made.process.wait()
            made.nobody_left()


def test_installation_survives_kill_and_stops_cleanly(installation):
    assert oct((installation.folder / "keys.env").stat().st_mode)[-3:] == "600"
    assert oct((installation.folder / "services.env").stat().st_mode)[-3:] == "600"
    kept = (installation.folder / "keys.env").read_bytes()

    installation.process.kill()
    installation.process.wait()
    installation.nobody_left()

    installation.start()
    installation.process.send_signal(signal.SIGINT)
    assert installation.process.wait(30) == 0
    installation.nobody_left()
    assert "Traceback" not in installation.output.read_text()

    with timed() as starting:
        installation.start()
    assert starting.quiet() < 20
    assert (installation.folder / "keys.env").read_bytes() == kept

    with held_port() as port:
        other = subprocess.run(
            [sys.executable, "-m", "aptic.running"],
            cwd=BASE,
            env={**os.environ, "APTIC_VAR": str(installation.folder), "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert other.returncode == 1
    assert "tourne déjà" in other.stderr
    assert "Traceback" not in other.stderr


def test_of_all_that_runs_the_worker_that_prints_alone_is_given_the_seeds(installation):
    """It stands in `keys.env` for whoever may read that file: what a program is told does not repeat it."""
    lines = dict(
        line.split("=", 1) for line in (installation.folder / "keys.env").read_text().splitlines() if "=" in line
    )
    seed = lines[keys.SEEDS].split(":")[1]
    names = ("bin/postgres", "granian", "celery -A aptic -q beat", "-n work@", "-n system@")

    def running() -> str:
        return "\n".join(processes_of(installation.folder)).replace("\0", " ")

    installation.wait(lambda: all(name in running() for name in names), 60)
    holders = processes_of(installation.folder, knowing=seed)
    assert holders
    assert all("-n work@" in command.replace("\0", " ") for command in holders), holders
