"""Each cell that is wrong is named, in plain French; what the schema's older versions wrote is understood."""

import pytest

from actors.open_data.rules import Place, read_row
from tests.actors.open_data.files import entry

SERVICES = {"aide aux demarches administratives": 1, "loisirs et creations numeriques": 6}


class Begles:
    def find(self, *, insee: str, postcode: str, name: str) -> Place | None:
        return Place("33039", "33") if insee == "33039" or name == "begles" else None


def read(**more: str):
    return read_row(entry(**more), places=Begles(), services=SERVICES)


def test_a_right_row_is_read_whole():
    found, faults = read(
        latitude="44,8083",
        longitude="-0.5478",
        itinerance="Fixe|Itinérant",
        frais_a_charge="Gratuit : Je peux accéder gratuitement au lieu et à ses services",
        modalites_acces="Se présenter;Ce lieu n’accueille pas de public",
        courriels="a@essai.example|b@essai.example",
        autre="ignorée",
    )
    assert faults == []
    assert (found.latitude, found.longitude) == (44.8083, -0.5478)
    assert found.services == [1, 6]
    assert found.lists["itinerance"] == ["fixed", "mobile"]
    assert found.lists["fees"] == ["free"]
    assert found.lists["access_modes"] == ["walk_in", "no_public"]
    assert found.said["courriels"] == "a@essai.example"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("id", "", "obligatoire"),
        ("nom", "=HYPERLINK(1)", "formule"),
        ("nom", "'=1+1", "formule"),
        ("adresse", "+SUM(A1)", "formule"),
        ("adresse", "@x", "formule"),
        ("nom", "x" * 201, "trop long"),
        ("pivot", "123", "SIRET"),
        ("code_postal", "3313", "cinq chiffres"),
        ("telephone", "06 12", "format international"),
        ("site_web", "essai", "https://"),
        ("courriels", "pas une adresse", "adresse électronique"),
        ("date_maj", "02/11/2026", "2026-11-30"),
        ("latitude", "nord", "deux nombres"),
        ("services", "Coiffure", "n’est pas un service"),
        ("frais_a_charge", "Cher", "Attendu : Gratuit"),
        ("horaires", "quand on veut", "Mo-Fr"),
    ],
)
def test_each_fault_names_its_cell(column: str, value: str, said: str):
    found, faults = read(**{column: value})
    assert found is None
    assert [(fault.column, said in fault.message) for fault in faults] == [(column, True)]


def test_an_unknown_commune_is_named():
    found, faults = read(code_insee="", commune="Nulle-Part")
    assert found is None
    assert "Nulle-Part" in faults[0].message


@pytest.mark.parametrize(
    ("written", "read_as"), [("'-Le Lieu", "-Le Lieu"), ("-Le Lieu", "-Le Lieu"), ("L'été", "L'été")]
)
def test_a_text_that_was_made_harmless_is_itself_again(written: str, read_as: str):
    found, faults = read(nom=written)
    assert faults == []
    assert found.said["nom"] == read_as


def test_a_national_number_is_made_international():
    found, _ = read(telephone="05 56 00 00 00")
    assert found.said["telephone"] == "+33556000000"
