"""Keys, typed places and distances, decided without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptic.territories import rules
from aptic.territories.errors import UnknownTerritory
from aptic.territories.rules import Place


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("commune:33063", ("commune", "33063")),
        ("commune:2A004", ("commune", "2A004")),
        ("epci:243300316", ("epci", "243300316")),
        ("departement:2B", ("departement", "2B")),
        ("departement:974", ("departement", "974")),
        ("region:75", ("region", "75")),
        ("france", ("france", "")),
    ],
)
def test_a_key_has_a_level_and_a_code(text, parsed):
    assert rules.parse_key(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "33", "commune:", "commune:3306", "planet:1", "epci:1'--", "France", "region:٣٣3x"]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(UnknownTerritory):
        rules.parse_key(text)


def test_keys_go_from_the_commune_to_the_country():
    assert rules.keys_of(commune="33063", epci="243300316", departement="33", region="75") == [
        "commune:33063",
        "epci:243300316",
        "departement:33",
        "region:75",
        "france",
    ]
    assert "epci" not in "".join(rules.keys_of(commune="29083", epci=None, departement="29", region="53"))


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("St-Émilion", "saint emilion"),
        ("STE FOY", "sainte foy"),
        ("  L'Haÿ-les-Roses ", "l hay les roses"),
        ("Œting", "oeting"),
        ("Chalon s/ Saône", "chalon sur saone"),
        ("chalon s/saone", "chalon sur saone"),
        ("Stains", "stains"),
    ],
)
def test_names_are_compared_without_what_people_leave_out(typed, key):
    assert rules.name_key(typed) == key


def test_a_name_is_found_from_each_word_that_carries_meaning():
    assert set(rules.search_terms("L'Haÿ-les-Roses")) == {
        "l hay les roses",
        "lhay les roses",
        "hay les roses",
        "roses",
    }
    assert list(rules.search_terms("Le Mans")) == ["le mans", "mans"]
    assert list(rules.search_terms("Y")) == ["y"]


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("", Place()),
        ("33", Place(postcode="33")),
        ("33330", Place(postcode="33330")),
        ("33330 St Émilion", Place("saint emilion", "33330")),
        ("Saint-Émilion (33330)", Place("saint emilion", "33330")),
        ("Paris 12", Place("paris 12")),
        ("Saint-Denis (974)", Place("saint denis", departement="974")),
        ("Ajaccio (2a)", Place("ajaccio", departement="2A")),
        ("Ajaccio ( 2A ) ", Place("ajaccio", departement="2A")),
        ("'; DROP TABLE", Place("drop table")),
        ("\x00%_", Place()),
    ],
)
def test_a_typed_place_is_read_as_people_write_it(typed, place):
    assert rules.parse_place(typed) == place


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(typed):
    place = rules.parse_place(typed)
    assert len(place.words) <= 4 * rules.TYPED_MAX
    assert not set("%_\x00") & set(place.words + place.postcode)


def test_distances_are_in_kilometres():
    bordeaux, paris = (44.8378, -0.5795), (48.8566, 2.3522)
    assert rules.distance_km(*bordeaux, *paris) == pytest.approx(499, abs=2)
    assert rules.distance_km(*paris, *paris) == 0
    assert rules.distance_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.1)
    assert rules.distance_km(90, 0, -90, 0) == pytest.approx(20_015, abs=1)
