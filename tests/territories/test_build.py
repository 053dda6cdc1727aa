"""The yearly build, on lists and tables small enough to read."""

import csv
import json
import lzma
import struct

import pytest
from django.core.management import CommandError, call_command

from aptic.territories import build, files, shapes
from tests.territories.test_shapes import square, wkb

LIMITS = wkb([[square(0.0, 45.0, 0.2)]])


def point(longitude: float, latitude: float) -> str:
    return struct.pack("<BI2d", 1, shapes.POINT, longitude, latitude).hex()


def commune(code: str, nom: str, **more: object) -> dict[str, object]:
    return {"code": code, "nom": nom, "type": "commune-actuelle", "departement": "99", "region": "98", **more}


COMMUNES = [
    commune("99003", "Ville", codesPostaux=["99200"], population=300),
    commune("99001", "Aubourg", codesPostaux=["99100"], population=100),
    commune("99002", "Bellay-le-Neuf", codesPostaux=["99110"], population=50),
    {"code": "99002", "nom": "Bellay", "type": "commune-deleguee", "chefLieu": "99002", "codesPostaux": ["99111"]},
    {"code": "99009", "nom": "Neuf", "type": "commune-associee", "chefLieu": "99002"},
    {
        "code": "99381",
        "nom": "Ville 1er",
        "type": "arrondissement-municipal",
        "commune": "99003",
        "codesPostaux": ["99201"],
    },
]
POINTS = [
    ("99001", "COM", LIMITS, point(0.1, 45.1)),  # in the commune: kept
    ("99002", "COMD", "\\N", point(0.15, 45.05)),  # the new commune's row says nothing: its former one's does
    ("99002", "COM", "\\N", "\\N"),
    ("99003", "COM", LIMITS, point(-0.1, -45.1)),  # a wrong sign: the limits decide
]


@pytest.fixture
def packages(tmp_path):
    lists, points = tmp_path / "lists", tmp_path / "points"
    lists.mkdir()
    points.mkdir()
    content = {
        "regions": [{"code": "98", "nom": "Loin"}],
        "departements": [{"code": "99", "nom": "Ailleurs", "region": "98"}],
        "epci": [{"code": "999999999", "nom": "CC ''Ici''  et là", "type": "CC", "membres": [{"code": "99001"}]}],
        "communes": COMMUNES,
    }
    for name, rows in content.items():
        (lists / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    with lzma.open(points / "communes.csv.lzma", "wt", encoding="utf-8", newline="") as raw:
        writer = csv.writer(raw)
        writer.writerow(["code", "type", "geometry", "mairie_localisation"])
        writer.writerows(POINTS)
    return lists, points


def run(packages, into):
    lists, points = packages
    return build.build(lists=lists, points=points, into=into, vintage=2099, sources={"lists": "1"})


def test_only_current_communes_are_written_with_what_leads_to_them(packages, tmp_path):
    run(packages, tmp_path / "data")
    rows = {row["code"]: row for row in files.read("communes", tmp_path / "data")}
    assert list(rows) == ["99001", "99002", "99003"]
    assert rows["99002"]["former_names"] == "Bellay|Neuf"
    assert rows["99002"]["postcodes"] == "99110 99111"
    assert rows["99003"]["postcodes"] == "99200 99201"
    assert rows["99001"]["epci"] == "999999999"
    assert rows["99002"]["epci"] == ""


def test_the_point_is_the_town_hall_unless_it_stands_elsewhere(packages, tmp_path):
    run(packages, tmp_path / "data")
    points = {row["code"]: (row["latitude"], row["longitude"]) for row in files.read("communes", tmp_path / "data")}
    assert points == {"99001": ("45.1", "0.1"), "99002": ("45.05", "0.15"), "99003": ("45.1", "0.1")}


def test_an_empty_point_counts_as_none():
    assert build._choose(point(float("nan"), float("nan")), LIMITS) == (45.1, 0.1)
    assert build._choose(point(float("nan"), float("nan")), "\\N") is None


def test_epci_names_are_tidied_and_counted(packages, tmp_path):
    run(packages, tmp_path / "data")
    assert list(files.read("epci", tmp_path / "data")) == [
        {"siren": "999999999", "name": 'CC "Ici" et là', "kind": "CC", "population": "100"}
    ]


def test_the_same_lists_give_the_same_bytes(packages, tmp_path):
    assert run(packages, tmp_path / "one") == run(packages, tmp_path / "two")
    assert (tmp_path / "one/communes.tsv.gz").read_bytes() == (tmp_path / "two/communes.tsv.gz").read_bytes()


def test_the_command_writes_the_manifest(packages, tmp_path, capsys):
    lists, points = packages
    call_command(
        "build_territories",
        f"--lists={lists}",
        f"--points={points}",
        "--vintage=2099",
        "--source=lists=6.0.0",
        f"--into={tmp_path / 'data'}",
    )
    assert "communes : 3 lignes" in capsys.readouterr().out
    assert files.manifest(tmp_path / "data")["vintage"] == 2099
    assert files.manifest(tmp_path / "data")["sources"] == {"lists": "6.0.0"}


def test_the_command_says_which_folder_is_missing(tmp_path):
    with pytest.raises(CommandError, match="--lists"):
        call_command("build_territories", f"--lists={tmp_path / 'no'}", f"--points={tmp_path}", "--vintage=2099")
