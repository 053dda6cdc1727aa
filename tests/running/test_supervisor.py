"""The supervisor keeps its children alive, and leaves none behind."""

import io
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from aptic.running.supervisor import Child, Supervisor

FOREVER = "import time; print('bonjour', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('là', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time; "
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "print(p.pid, flush=True); time.sleep(60)"
)


def command(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_for(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_lines_carry_the_name_of_who_wrote_them():
    out = io.StringIO()
    supervisor = Supervisor(out)
    supervisor.add(Child("web", command(FOREVER)))
    wait_for(lambda: "bonjour" in out.getvalue())
    supervisor.stop()
    assert out.getvalue() == "web      │ bonjour\n"


def test_a_child_that_dies_is_started_again():
    out = io.StringIO()
    supervisor = Supervisor(out)
    child = Child("web", command(FOREVER))
    supervisor.add(child)
    first = child.process.pid
    child.process.kill()
    supervisor.watch(until=lambda: child.process is not None and child.process.pid != first)
    wait_for(lambda: alive(child.process.pid))
    supervisor.stop()
    assert "s’est arrêté (SIGKILL) ; nouvel essai dans 0.5 s" in out.getvalue()


def test_stopping_ends_grandchildren_and_the_stubborn():
    out = io.StringIO()
    supervisor = Supervisor(out)
    family, stubborn = Child("famille", command(PARENT)), Child("têtu", command(STUBBORN), patience=0.3)
    supervisor.add(family)
    supervisor.add(stubborn)
    wait_for(lambda: "là" in out.getvalue() and "famille" in out.getvalue())
    line = next(line for line in out.getvalue().splitlines() if line.startswith("famille"))
    pids = [int(line.split("│")[1]), family.process.pid, stubborn.process.pid]
    supervisor.stop()
    wait_for(lambda: not any(map(alive, pids)))


def test_children_die_with_a_supervisor_that_is_killed():
    code = (
        "import sys; from aptic.running.supervisor import Child, Supervisor; s = Supervisor(); "
        f"c = Child('web', [sys.executable, '-c', {FOREVER!r}]); s.add(c); print(c.process.pid, flush=True); s.watch()"
    )
    with subprocess.Popen(command(code), stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        pid = int(next(line for line in process.stdout if line.strip().isdigit()))
        assert alive(pid)
        process.kill()
    wait_for(lambda: not alive(pid))
