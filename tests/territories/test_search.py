"""Finding a commune however it is typed, and naming what was chosen."""

import pytest
from django.db import IntegrityError, connection

from aptic.territories import loading
from aptic.territories.errors import AmbiguousTerritory, UnknownTerritory
from aptic.territories.models import Commune
from aptic.territories.services import (
    find_commune,
    search_communes,
    search_territories,
    territory_label,
    territory_labels,
)

pytestmark = pytest.mark.pg15

FIRST_FOUND = {
    "Saint-Émilion": "33394",
    "st emilion": "33394",
    "SAINT EMIL": "33394",
    "émilion": "33394",
    "33330 st-émilion": "33394",
    "L'Haÿ-les-Roses": "94038",
    "l hay": "94038",
    "lhay les r": "94038",
    "hay les roses": "94038",
    "Œting": "57521",
    "oeting": "57521",
    "OETING": "57521",
    "rochelle": "17300",
    "mans": "72181",
    "Chalon s/ Saône": "71076",
    "Paris 12": "75056",
    "75012": "75056",
    "69003": "69123",
    "13016": "13055",
    "Cherbourg-Octeville": "50129",
    "Ajaccio": "2A004",
    "97133": "97701",
    "noumea": "98818",
    "Y": "80829",
    "Eu": "76255",
    "Saint-Denis": "97411",
    "Saint-Denis (93)": "93066",
    "33": "33063",
}


def test_the_whole_country_is_found_however_it_is_typed(fresh_database):
    loading.load("owner")
    assert {typed: search_communes(typed)[0].code for typed in FIRST_FOUND} == FIRST_FOUND
    assert [commune.departement_id for commune in search_communes("saint denis", limit=2)] == ["974", "93"]
    assert find_commune("Saint-Denis (974)").code == "97411"
    with pytest.raises(AmbiguousTerritory) as caught:
        find_commune("Saint-Denis")
    assert {commune.code for commune in caught.value.details["candidates"]} >= {"97411", "93066"}
    labels = [commune.label() for commune in Commune.objects.with_names()[::500]]
    assert [find_commune(label).label() for label in labels] == labels
    plan = explain("33330")
    assert "territories_term" in plan
    assert "Seq Scan on territories_searchterm" not in plan


def explain(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT commune_id FROM territories_searchterm WHERE term LIKE %s", [text + "%"])
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_most_populated_comes_first(db):
    found = search_communes("33")
    assert len(found) == 10
    assert [commune.name for commune in found[:3]] == ["Bordeaux", "Mérignac", "Pessac"]
    assert [commune.population for commune in found] == sorted((c.population for c in found), reverse=True)


def test_a_postcode_may_have_several_communes(db):
    found = search_communes("33330")
    assert found[0].name == "Saint-Émilion"
    assert len(found) == Commune.objects.with_postcode("33330").count() == 8


@pytest.mark.parametrize("typed", ["", "   ", "%", "_", "\x00", "zzzz", "33999", "Bordeaux (75)", "'); --", "٣٣"])
def test_what_names_nothing_finds_nothing(db, typed):
    assert search_communes(typed) == []
    with pytest.raises(UnknownTerritory):
        find_commune(typed)


def test_one_query_whatever_is_printed(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        for commune in search_communes("saint"):
            assert f"{commune} {commune.epci} {commune.region} {commune.label()}"


def test_a_commune_says_which_territories_it_lies_in(db):
    assert Commune.objects.get(pk="33063").keys() == [
        "commune:33063",
        "epci:243300316",
        "departement:33",
        "region:75",
        "france",
    ]


@pytest.mark.parametrize("key", ["commune:33063", "epci:243300316", "departement:33", "region:75", "france"])
def test_a_territory_holds_the_communes_that_name_it(db, key):
    inside = Commune.objects.inside(key)
    assert inside.filter(pk="33063").exists()
    assert all(commune.keys().count(key) == 1 for commune in inside[:50])


def test_inside_refuses_what_is_no_key(db):
    with pytest.raises(UnknownTerritory):
        Commune.objects.inside("33063")


def test_the_label_takes_the_postcode_that_was_typed(db):
    bordeaux = Commune.objects.get(pk="33063")
    assert bordeaux.label() == "Bordeaux (33000)"
    assert bordeaux.label("33800") == "Bordeaux (33800)"
    assert bordeaux.label("75001") == "Bordeaux (33000)"
    assert find_commune("Bordeaux (33800)") == bordeaux


def test_territories_are_named_in_full(db, django_assert_num_queries):
    keys = ["commune:33394", "epci:243300316", "epci:200044394", "departement:33", "region:75", "france"]
    with django_assert_num_queries(4):
        labels = territory_labels(keys)
    assert list(labels.values()) == [
        "Saint-Émilion (33)",
        "Bordeaux Métropole",
        "Communauté de communes du Réolais en Sud Gironde",
        "Gironde (33)",
        "Nouvelle-Aquitaine",
        "France",
    ]
    assert territory_label("france") == "France"


@pytest.mark.parametrize("key", ["commune:00000", "departement:99", "nowhere"])
def test_a_key_that_names_nothing_is_refused(db, key):
    with pytest.raises(UnknownTerritory):
        territory_label(key)


def test_territories_of_every_level_are_found_the_widest_first(db):
    assert [found.key for found in search_territories("giron")][:2] == ["departement:33", "epci:200043974"]
    assert search_territories("Nouvelle-Aq")[0].label == "Nouvelle-Aquitaine"
    assert search_territories("fra")[0].key == "france"
    assert search_territories("bordeaux métropole")[0].key == "epci:243300316"
    assert search_territories("33394 ") == []
    assert search_territories("") == []
    assert len(search_territories("communauté", limit=5)) == 5


def test_half_a_point_is_refused(fresh_database):
    with pytest.raises(IntegrityError, match="commune_point_whole"):
        Commune.objects.using("owner").filter(pk="33063").update(latitude=None)
