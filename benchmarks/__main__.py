"""`make bench`: every measure, as one table. `python -m benchmarks redeem issue` takes some of them."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.bed import Bed

Row = tuple[str, str, str, str]


def main(wanted: list[str]) -> None:
    """Prepare a database, run the measures asked for (all by default), print the table."""
    with tempfile.TemporaryDirectory(prefix="aptic-bench-") as folder:
        bed = Bed(Path(folder))
        bed.start()
        try:
            _project()
            chosen = [measure for name, measure in _measures().items() if not wanted or name in wanted]
            rows = [row for measure in chosen for row in measure(bed)]
        finally:
            bed.stop()
    _print(rows)


def _project() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "aptic.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    call_command("load_territories", "--departement", "33", verbosity=0)


def _measures() -> dict[str, Callable[[Bed], list[Row]]]:
    from benchmarks import booklets, coverage, directory, issue, pages, reading, redeem, settle, start

    return {
        "redeem": redeem.measure,
        "issue": issue.measure,
        "booklets": booklets.measure,
        "settle": settle.measure,
        "start": start.measure,
        "reading": reading.measure,
        "directory": directory.measure,
        "coverage": coverage.measure,
        "pages": pages.measure,  # these three last: they load the whole country
    }


def _print(rows: list[Row]) -> None:
    print(f"\n{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| work | measured | at least | aim |\n|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
