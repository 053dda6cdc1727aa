"""The outlines that `build_outlines` left in files, read for a drawing: by code, rings of [longitude, latitude]."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "territories"
DEPARTEMENTS = "departements"
Ring = Sequence[Sequence[float]]


def epci_of(departement: str) -> str:
    """The name of the file of the EPCI that have a commune in a département."""
    return f"epci/{departement}"


@lru_cache(maxsize=8)  # files: the country's départements, and the few whose EPCI somebody looks at
def read(name: str) -> dict[str, tuple[Ring, ...]]:
    """Every territory of a file; nothing when there is no such file (no EPCI outside of the départements)."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return {}
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {
        one["properties"]["code"]: tuple(ring for polygon in one["geometry"]["coordinates"] for ring in polygon)
        for one in features
    }
