"""What Table Schema asks of a table (frictionlessdata.io), as far as the national schema uses it."""

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

SCHEMA = json.loads((Path(__file__).parent / "schema-1.0.2.json").read_text(encoding="utf-8"))


def faults(rows: Iterable[dict[str, str]]) -> list[str]:
    """Everything that is wrong, one sentence each."""
    found: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if unknown := row.keys() - {field["name"] for field in SCHEMA["fields"]}:
            found.append(f"{number}: unknown {sorted(unknown)}")
        for field in SCHEMA["fields"]:
            value = row.get(field["name"], "")
            found += [f"{number}: {field['name']} {what}: {value!r}" for what in _wrong(field, value)]
        if row.get("id", "") in seen:
            found.append(f"{number}: id twice")
        seen.add(row.get("id", ""))
    return found


def _wrong(field: dict[str, Any], value: str) -> Iterable[str]:
    asked = field["constraints"]
    if not value:
        if asked["required"]:
            yield "missing"
        return
    if field["type"] == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        yield "no number"
    if field["type"] == "date" and not _is_date(value):
        yield "no date"
    if "pattern" in asked and not re.fullmatch(asked["pattern"], value):
        yield "against its pattern"
    if len(value) > asked.get("maxLength", len(value)):
        yield "too long"


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
