"""The committed files of the geography: one tab-separated table each, and a manifest that vouches for them."""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from aptic.territories.errors import DataFileBroken

DATA = Path(__file__).parent / "data"
COLUMNS = {
    "regions": ("code", "name"),
    "departements": ("code", "name", "region"),
    "epci": ("siren", "name", "kind", "population"),
    "communes": (
        "code",
        "name",
        "departement",
        "epci",
        "population",
        "latitude",
        "longitude",
        "postcodes",
        "former_names",
    ),
}


class Tabs(csv.Dialect):
    """Tab-separated, never quoted: no official name holds a tab."""

    delimiter = "\t"
    quoting = csv.QUOTE_NONE
    lineterminator = "\n"


def manifest(folder: Path = DATA) -> dict[str, Any]:
    """Vintage, sources, and per table its number of rows and SHA-256. Raises DataFileBroken."""
    try:
        return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFileBroken(file="manifest.json") from error


def read(table: str, folder: Path = DATA) -> Iterator[dict[str, str]]:
    """The rows of one table, once its bytes agree with the manifest. Raises DataFileBroken."""
    expected = manifest(folder)["tables"][table]
    try:
        raw = (folder / f"{table}.tsv.gz").read_bytes()
    except OSError as error:
        raise DataFileBroken(file=table) from error
    if hashlib.sha256(raw).hexdigest() != expected["sha256"]:
        raise DataFileBroken(file=table)
    yield from csv.DictReader(StringIO(gzip.decompress(raw).decode("utf-8")), dialect=Tabs)


def write(table: str, rows: Iterable[Mapping[str, object]], folder: Path) -> dict[str, object]:
    """Write one table, the same bytes for the same rows; returns its line of the manifest."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS[table], dialect=Tabs)
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    raw = gzip.compress(text.getvalue().encode("utf-8"), compresslevel=9, mtime=0)
    (folder / f"{table}.tsv.gz").write_bytes(raw)
    return {"rows": count, "sha256": hashlib.sha256(raw).hexdigest()}
