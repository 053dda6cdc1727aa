"""The rules that are written in JavaScript, run by Node beside the rest of the suite; no browser."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[1]
PATH = f"{os.environ.get('PATH', '')}:{BASE / '.venv' / 'bin'}"  # the wheel's Node, where the machine has none
FILES = sorted((BASE / "tests" / "js").glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_rules_in_javascript(file: Path) -> None:
    node = shutil.which("node", path=PATH)
    assert node, "no Node: `make test` installs one"
    ran = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_rule_is_forgotten() -> None:
    assert FILES
