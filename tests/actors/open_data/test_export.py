"""/lieux/donnees/: the open sites in the national schema, valid to the letter, in three forms that say the same."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from actors.models import Site
from actors.open_data import export, schema
from actors.site_description import AccessMode, Fee, Itinerance, Public, SpecialCare, SupportMode
from aptic.tenancy.principal import acting
from tests.actors.open_data.validator import SCHEMA, faults
from tests.factories import OPERATOR
from tests.passes.test_directory_page import make_site, words

pytestmark = pytest.mark.django_db
EVERYTHING = {
    "services": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "publics": Public.values,
    "special_care": SpecialCare.values,
    "fees": Fee.values,
    "access_modes": AccessMode.values,
    "support_modes": SupportMode.values,
    "itinerance": Itinerance.values,
    "opening_hours": "Mo-Fr 09:00-12:00",
    "host_kind": "france_services",
    "email": "lieu@essai.example",
    "website": "https://essai.example/",
    "booking_url": "https://rdv.example/",
    "accessibility_url": "https://acceslibre.beta.gouv.fr/app/x/",
    "summary": "x" * 280,
    "latitude": 44.808312,
    "longitude": -0.547812,
}


def fetch(client: Client, extension: str) -> str:
    answer = client.get(f"/lieux/donnees/lieux.{extension}")
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Access-Control-Allow-Origin"] == "*"
    return b"".join(answer.streaming_content).decode()


def rows(client: Client) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fetch(client, "csv"))))


def test_our_columns_are_the_schema_s():
    assert list(schema.COLUMNS) == [field["name"] for field in SCHEMA["fields"]]
    assert set(schema.REQUIRED) == {field["name"] for field in SCHEMA["fields"] if field["constraints"]["required"]}


def test_the_three_files_are_valid_and_say_the_same(client: Client) -> None:
    make_site("Complet", "33039", **EVERYTHING)
    make_site("Nu")
    table = rows(client)
    assert faults(table) == []
    listed = json.loads(fetch(client, "json"))
    assert faults(listed) == []
    assert listed == [{name: value for name, value in row.items() if value} for row in table]
    features = json.loads(fetch(client, "geojson"))["features"]
    assert [one["properties"] for one in features] == listed
    full = next(one for one in features if one["properties"]["nom"] == "Complet")
    assert full["geometry"] == {"type": "Point", "coordinates": [-0.547812, 44.808312]}
    assert full["properties"]["telephone"] == "+33556000000"
    assert full["properties"]["dispositif_programmes_nationaux"] == "France Services"
    assert full["properties"]["autres_formations_labels"] == "APTIC|Accepte le Pass numérique"


def test_only_sites_that_take_passes_today(client: Client) -> None:
    make_site("Ouvert")
    make_site("Fermé", open=False, closed_reason="travaux", closed_at=timezone.now())
    assert [row["nom"] for row in rows(client)] == ["Ouvert"]
    assert "1 lieu" in words(client.get("/lieux/donnees/"))


def test_a_finer_service_says_the_standard_s(client: Client) -> None:
    make_site("Fin", services=[101, 102, 1])
    assert rows(client)[0]["services"].split("|").count("Aide aux démarches administratives") == 1


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-2", "@SUM(1)"])
def test_no_cell_is_a_formula(client: Client, name: str) -> None:
    make_site(name)
    assert rows(client)[0]["nom"] == f"'{name}"
    assert json.loads(fetch(client, "json"))[0]["nom"] == name


def test_a_site_without_a_point_has_a_null_geometry(client: Client) -> None:
    site = make_site("Nulle part")
    with acting(OPERATOR):
        Site.objects.filter(pk=site.pk).update(latitude=None, longitude=None)
    assert json.loads(fetch(client, "geojson"))["features"][0]["geometry"] is None
    assert faults(rows(client)) == []


def test_an_empty_network_gives_empty_files(client: Client) -> None:
    assert rows(client) == []
    assert json.loads(fetch(client, "json")) == []
    assert json.loads(fetch(client, "geojson")) == {"type": "FeatureCollection", "features": []}


def test_queries_grow_by_the_chunk_and_not_by_the_site(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    actor = make_site("Lieu 0").actor
    for number in range(1, 9):
        make_site(f"Lieu {number}", actor=actor)
    with django_assert_num_queries(10):  # services and one chunk, each in its own transaction
        assert len(list(export.rows())) == 9
    monkeypatch.setattr(export, "CHUNK", 4)
    assert len(list(export.rows())) == 9


def test_another_form_is_not_found(client: Client) -> None:
    assert client.get("/lieux/donnees/lieux.xlsx").status_code == 404
    assert client.head("/lieux/donnees/lieux.csv").status_code == 200
