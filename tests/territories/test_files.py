"""The committed files hold the whole official list, and agree with themselves."""

import gzip
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import pytest
from django.conf import settings

from aptic.territories import files, rules
from aptic.territories.errors import DataFileBroken


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, str]]]:
    return {table: list(files.read(table)) for table in files.COLUMNS}


def test_the_counts_are_those_of_the_official_list(tables):
    assert {table: len(rows) for table, rows in tables.items()} == {
        "regions": 26,
        "departements": 109,
        "epci": 1_255,
        "communes": 34_969,
    }
    assert sum(int(row["population"]) for row in tables["communes"]) == 68_952_941
    assert Counter(row["kind"] for row in tables["epci"]) == {"CC": 989, "CA": 230, "METRO": 21, "CU": 14, "MET69": 1}
    assert sum(bool(row["epci"]) for row in tables["communes"]) == 34_871


def test_every_row_points_at_rows_that_exist(tables):
    codes = {table: {row["code"] for row in tables[table]} for table in ("regions", "departements")}
    epci = {row["siren"] for row in tables["epci"]}
    assert {row["region"] for row in tables["departements"]} <= codes["regions"]
    assert {row["departement"] for row in tables["communes"]} == codes["departements"]
    assert {row["epci"] for row in tables["communes"]} - {""} == epci


def test_an_epci_has_the_population_of_its_members(tables):
    members: dict[str, int] = defaultdict(int)
    for row in tables["communes"]:
        members[row["epci"]] += int(row["population"])
    assert all(int(row["population"]) == members[row["siren"]] for row in tables["epci"])


def test_a_name_and_a_departement_name_one_commune(tables):
    names = Counter((rules.name_key(row["name"]), row["departement"]) for row in tables["communes"])
    assert names.most_common(1)[0][1] == 1


def test_postcodes_are_five_digits_and_only_the_southern_lands_have_none(tables):
    assert all(len(code) == 5 and code.isdecimal() for row in tables["communes"] for code in row["postcodes"].split())
    assert {row["departement"] for row in tables["communes"] if not row["postcodes"]} == {"984"}


def test_each_arrondissement_leads_to_its_city(tables):
    cities = {row["code"]: row for row in tables["communes"] if row["code"] in ("13055", "69123", "75056")}
    counts = {row["name"]: len(row["postcodes"].split()) for row in cities.values()}
    assert counts == {"Marseille": 16, "Lyon": 9, "Paris": 21}
    assert "Paris 12e Arrondissement" in cities["75056"]["former_names"].split("|")
    assert "75116" in cities["75056"]["postcodes"]


def test_every_commune_but_one_has_a_point(tables):
    assert [row["code"] for row in tables["communes"] if not row["latitude"]] == ["98415"]


def test_points_lie_where_their_departement_does(tables):
    """No town hall with the wrong sign, or that of a namesake at the other end of the country."""
    points = defaultdict(list)
    for row in tables["communes"]:
        # Those beyond Réunion spread over oceans.
        if row["latitude"] and row["departement"] < "975":
            points[row["departement"]].append((float(row["latitude"]), float(row["longitude"])))
    for departement, places in points.items():
        centre = median(place[0] for place in places), median(place[1] for place in places)
        furthest = max(rules.distance_km(*centre, *place) for place in places)
        assert furthest < (350 if departement == "973" else 125), departement


def test_well_known_places_stand_where_they_stand(tables):
    communes = {row["code"]: row for row in tables["communes"]}
    known = {
        "33063": (44.8378, -0.5795),  # Bordeaux
        "75056": (48.8566, 2.3522),  # Paris
        "97411": (-20.8789, 55.4481),  # Saint-Denis
        "98818": (-22.2758, 166.4580),  # Nouméa
        "98735": (-17.5350, -149.5696),  # Papeete
    }
    for code, point in known.items():
        place = float(communes[code]["latitude"]), float(communes[code]["longitude"])
        assert rules.distance_km(*point, *place) < 2, communes[code]["name"]


def test_hand_points_say_where_they_come_from():
    lines = (Path(files.__file__).parent / "points.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == 97
    sources = {line.split("\t")[5].split()[0] for line in lines}
    assert sources == {"GeoNames", "OurAirports", "relevé", "DILA,", "IGN,"}


def test_the_files_are_small_and_their_sources_named():
    assert sum(path.stat().st_size for path in files.DATA.iterdir()) < 2_000_000
    notice = (settings.BASE_DIR / "NOTICE").read_text(encoding="utf-8")
    for source in ("INSEE", "DGCL", "IGN", "DILA", "La Poste", "GeoNames", "OurAirports", "Licence Ouverte 2.0"):
        assert source in notice
    assert str(files.manifest()["vintage"]) in notice
    for package, version in files.manifest()["sources"].items():
        assert f"{package} {version}" in notice


def test_a_file_that_changed_is_refused(tmp_path):
    line = files.write("regions", [{"code": "75", "name": "Nouvelle-Aquitaine"}], tmp_path)
    (tmp_path / "manifest.json").write_text(f'{{"tables": {{"regions": {{"sha256": "{line["sha256"]}"}}}}}}')
    assert list(files.read("regions", tmp_path)) == [{"code": "75", "name": "Nouvelle-Aquitaine"}]
    (tmp_path / "regions.tsv.gz").write_bytes(gzip.compress(b"code\tname\n75\tAquitaine\n"))
    with pytest.raises(DataFileBroken):
        list(files.read("regions", tmp_path))
    (tmp_path / "regions.tsv.gz").unlink()
    with pytest.raises(DataFileBroken):
        list(files.read("regions", tmp_path))


def test_a_missing_manifest_is_said(tmp_path):
    with pytest.raises(DataFileBroken):
        files.manifest(tmp_path)
