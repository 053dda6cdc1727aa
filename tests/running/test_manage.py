"""`python manage.py` works from any shell: the project's own Python is found beside it."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.servers import BASE


def manage(folder: Path) -> subprocess.CompletedProcess:
    """Run the `manage.py` of `folder` with a Python that has no library of anybody's (-S), as a plain shell's is."""
    command = [sys.executable, "-S", str(folder / "manage.py"), "version"]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, check=False)


def assert_told_what_to_do(done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "Aptic ne peut pas démarrer : ses bibliothèques manquent ; « make run » les installe, une fois.\n"
    )


def test_another_python_hands_over_to_the_project_s_own():
    done = manage(BASE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5.")


def test_without_the_libraries_one_sentence_says_how_to_get_them(tmp_path):
    shutil.copy(BASE / "manage.py", tmp_path)
    assert_told_what_to_do(manage(tmp_path))


def test_half_made_libraries_do_not_make_it_call_itself_for_ever(tmp_path):
    shutil.copy(BASE / "manage.py", tmp_path)
    venv.create(tmp_path / ".venv", with_pip=False)
    assert_told_what_to_do(manage(tmp_path))
