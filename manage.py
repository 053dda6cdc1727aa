#!/usr/bin/env python
"""Django's command line, with the addresses and keys that `make run` wrote beside the data."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

if __name__ == "__main__":
    if find_spec("django") is None:  # not the Python of the project: `make` keeps its own beside this file
        own = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
        if not own.exists() or Path(sys.prefix) == own.parents[1]:
            sys.exit("Aptic ne peut pas démarrer : ses bibliothèques manquent ; « make run » les installe, une fois.")
        os.execv(own, [str(own), *sys.argv])  # noqa: S606 - our own Python, given the same words
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aptic.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
