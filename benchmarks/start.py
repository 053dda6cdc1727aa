"""`make run` to the first page: the first time, with the demonstration, and the next, with its data."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.bed import Bed

VENDOR = Path(__file__).resolve().parents[1] / "var" / "vendor"  # the typeface, which `make` installs
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL", "REDIS_URL")


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim). The servers of `bed` are not used."""
    with tempfile.TemporaryDirectory(prefix="aptic-start-") as folder:
        if VENDOR.is_dir():
            shutil.copytree(VENDOR, Path(folder) / "vendor")
        first, second = _start(folder), _start(folder)
    return [
        ("`make run`, the first time, fourteen months seeded", f"{first:.1f} s", "", ""),
        ("`make run` with data present, to the first page", f"{second:.1f} s", "8 s", "3 s"),
    ]


def _start(folder: str) -> float:
    """Seconds from the command to the first page; everything is stopped again."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if name not in OWN and "APTIC" not in name}
    environment = {**inherited, "APTIC_VAR": folder, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "aptic.settings"}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "aptic.running"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begin > 300:
                raise SystemExit("the installation did not start")
            time.sleep(0.02)
        return time.perf_counter() - begin
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=5) as page:
            return page.status == 200
    except OSError:
        return False
