"""The public look-up behind every field that asks for a place."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("aptic.territories.urls")]


def test_communes_as_json_without_logging_in(client):
    response = client.get("/communes/", {"q": "st emilion"})
    assert response.status_code == 200
    assert response.json() == {
        "communes": [
            {
                "code": "33394",
                "name": "Saint-Émilion",
                "label": "Saint-Émilion (33330)",
                "postcodes": ["33330"],
                "departement": {"code": "33", "name": "Gironde"},
                "region": {"code": "75", "name": "Nouvelle-Aquitaine"},
                "epci": {"siren": "200035533", "name": "Communauté de communes du Grand Saint Emilionnais"},
                "population": 1608,
                "latitude": 44.8944,
                "longitude": -0.1558,
                "key": "commune:33394",
            }
        ]
    }


def test_answers_may_be_kept_a_day(client):
    response = client.get("/communes/", {"q": "33"})
    assert response["Cache-Control"] == "public, max-age=86400"
    assert {"HX-Request", "HX-Trigger-Name"} <= set(response["Vary"].split(", "))
    assert "Set-Cookie" not in response


def test_htmx_gets_options_for_the_field_that_asked(client):
    headers = {"HX-Request": "true", "HX-Trigger-Name": "commune"}
    response = client.get("/communes/", {"commune": "33800"}, headers=headers)
    assert response.content.decode() == '<option value="Bordeaux (33800)">Gironde</option>'


def test_a_name_cannot_carry_markup(client):
    response = client.get("/communes/", {"q": "<script>alert(1)</script>"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b"<script" not in response.content


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "\x00"}, {"q": "a" * 5000}])
def test_nothing_typed_finds_nothing(client, query):
    assert client.get("/communes/", query).json() == {"communes": []}


def test_territories_of_every_level(client):
    found = client.get("/", {"q": "gironde"}).json()["territories"]
    assert found[0] == {"key": "departement:33", "label": "Gironde (33)"}
    options = client.get("/", {"q": "gironde"}, headers={"HX-Request": "true"}).content.decode()
    assert options.startswith('<option value="departement:33">Gironde (33)</option>')


def test_only_reading_is_possible(client):
    assert client.post("/communes/", {"q": "33"}).status_code == 405
