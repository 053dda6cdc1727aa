"""One process that watches the others: prefixes their lines, restarts who dies, ends everybody on Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from aptic.embedded.process import CannotStart, end, spawn

BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before each restart in a row
STEADY = 60.0  # seconds of life after which a child's former deaths are forgotten
WIDTH = 9


@dataclass(slots=True)
class Child:
    """A program to keep alive: a `command`, or a `start` that launches it and returns its process."""

    name: str
    command: Sequence[str] = ()
    env: dict[str, str] | None = None
    start: Callable[[], subprocess.Popen[bytes]] | None = None
    stop: Callable[[], None] | None = None
    patience: float = 15.0  # seconds it is given to finish what it is doing
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = field(default=0.0)
    due_at: float = field(default=0.0)


class Supervisor:
    """Keeps its children alive until told to stop. Children are ended in the reverse order of their start."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self.out = out or sys.stdout
        self.children: list[Child] = []
        self.stopping = False
        self._writing = threading.Lock()

    def stop_on_signals(self) -> None:
        """Make Ctrl-C and SIGTERM ask for a clean end; a second one changes nothing."""
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sent, self._ask_to_stop)

    def add(self, child: Child) -> None:
        """Start `child` (unless its process is given) and keep it."""
        self.children.append(child)
        if child.process is None:
            self._start(child)
        else:
            child.started_at = time.monotonic()

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, until `until()` is true or somebody asks to stop."""
        while not self.stopping and not until():
            for child in self.children:
                self._look_after(child)
            time.sleep(0.1)

    def stop(self) -> None:
        """End every child."""
        self.stopping = True
        for child in reversed(self.children):
            if child.process and not child.stop:
                with suppress(ProcessLookupError):
                    child.process.send_signal(signal.SIGTERM)
        for child in reversed(self.children):
            if child.stop:
                child.stop()
            elif child.process:
                end(child.process, (signal.SIGTERM, child.patience))
            child.process = None

    def say(self, name: str, line: str) -> None:
        """Write one line under a child's name."""
        with self._writing:
            print(f"{name:<{WIDTH}}│ {line}", file=self.out, flush=True)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due_at and not self.stopping:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        if now - child.started_at > STEADY:
            child.deaths = 0
        wait = BACK_OFF[min(child.deaths, len(BACK_OFF) - 1)]
        child.deaths += 1
        child.due_at = now + wait
        end(child.process)  # whoever it left behind in its group
        child.process = None
        self.say(child.name, f"s’est arrêté ({_reason(code)}) ; nouvel essai dans {wait:g} s")

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        if child.start:
            try:
                child.process = child.start()
            except CannotStart as problem:
                child.due_at = child.started_at + BACK_OFF[-1]
                self.say(child.name, f"ne redémarre pas : {problem}")
            return
        child.process = spawn(child.command, env=child.env, output=subprocess.PIPE)
        threading.Thread(target=self._relay, args=(child.name, child.process.stdout), daemon=True).start()

    def _relay(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.say(name, line.decode(errors="replace").rstrip())


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"


def python(*arguments: str) -> list[str]:
    """The command line that runs a module with our own interpreter."""
    return [sys.executable, "-m", *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Our environment with `changes`; Python's output unbuffered, so that lines come as they are written."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **changes}
