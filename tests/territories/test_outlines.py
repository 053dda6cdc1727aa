"""The outlines of maps: every département and EPCI of the year, in files small enough to send."""

import json
from pathlib import Path

from aptic.territories import files, outlines

FOLDER = Path(outlines.__file__).parent / "static" / "territories"
WITHOUT = {"975", "977", "978", "984", "986", "987", "988", "989"}  # collectivities whose limits no source gave


def shapes(path: Path) -> dict[str, dict]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {one["properties"]["code"]: one for one in features}


def test_every_departement_has_its_outline():
    found = shapes(FOLDER / "departements.json")
    assert set(found) == {row["code"] for row in files.read("departements")} - WITHOUT
    assert (FOLDER / "departements.json").stat().st_size < 200_000


def test_every_epci_is_drawn_in_each_departement_it_lies_in():
    wanted: dict[str, set[str]] = {}
    for row in files.read("communes"):
        if row["epci"] and row["departement"] not in WITHOUT:
            wanted.setdefault(row["departement"], set()).add(row["epci"])
    for departement, expected in wanted.items():
        path = FOLDER / "epci" / f"{departement}.json"
        assert set(shapes(path)) == expected, departement
        assert path.stat().st_size < 40_000


def test_rings_are_closed_and_in_degrees():
    for code, one in shapes(FOLDER / "epci" / "33.json").items():
        for polygon in one["geometry"]["coordinates"]:
            for ring in polygon:
                assert ring[0] == ring[-1], code
                assert len(ring) >= 4
                assert all(-2 < x < 1 and 43.5 < y < 46 for x, y in ring)


def test_a_point_of_bordeaux_is_in_its_metropole():
    from aptic.territories.shapes import contains

    shape = shapes(FOLDER / "epci" / "33.json")["243300316"]["geometry"]["coordinates"]
    assert contains([[[tuple(point) for point in ring] for ring in polygon] for polygon in shape], (-0.58, 44.84))
