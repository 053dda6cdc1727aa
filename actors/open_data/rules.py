"""One entry of a file of places: read in full, or every fault of it in plain French, cell by cell. Pure."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple, Protocol

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db.models import TextChoices

from actors.open_data import schema
from actors.opening_hours import understand
from aptic.errors import DomainError
from aptic.text import search_key

WIDTHS = {"id": 120, "nom": 200, "adresse": 200, "complement_adresse": 120, "presentation_resume": 280}
LINKS = ("site_web", "fiche_acces_libre", "prise_rdv")
_FORMULA = re.compile(r"^'?[=@]|^[+\-].*[(!]")
_is_link = URLValidator(("http", "https"))
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")


class Fault(NamedTuple):
    """What is wrong with one cell."""

    column: str
    message: str


class Place(NamedTuple):
    """A commune, as an entry needs it."""

    code: str
    departement: str


class Places(Protocol):
    """Where communes are looked up."""

    def find(self, *, insee: str, postcode: str, name: str) -> Place | None:
        """The commune of these, None when they name none."""


@dataclass(slots=True)
class Entry:
    """A row that is right. `said` holds the columns of the file that are not empty, cleaned."""

    source_id: str
    pivot: str
    commune: Place
    said_on: date
    latitude: float | None
    longitude: float | None
    services: list[int] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)  # by our field's name
    said: dict[str, str] = field(default_factory=dict)


def read_row(row: dict[str, str], *, places: Places, services: dict[str, int]) -> tuple[Entry | None, list[Fault]]:
    """The entry, or its faults; `services`: ids by the key (`search_key`) of any name the vocabulary ever had."""
    faults: list[Fault] = []
    cells = {name: _GUARDED.sub("", value.strip()) for name, value in row.items() if name in schema.COLUMNS and value}
    for name, value in row.items():
        if name in schema.COLUMNS and name not in schema.NUMBERS and _FORMULA.match(value.strip()):
            faults.append(Fault(name, "Cette cellule contient une formule : écrivez sa valeur."))
    faults += [Fault(name, "Ce champ est obligatoire.") for name in schema.REQUIRED if not cells.get(name)]
    if faults:
        return None, faults
    commune = places.find(
        insee=cells.get("code_insee", ""), postcode=cells["code_postal"], name=search_key(cells["commune"])
    )
    if commune is None:
        words = f"« {cells['commune']} » ({cells['code_postal']}) : nous ne connaissons pas cette commune."
        faults.append(Fault("commune", words))
    faults += _simple_faults(cells)
    said_on = _day(cells["date_maj"], faults)
    latitude, longitude = _point(cells, faults)
    lists = {ours: _words(cells, column, kinds, faults) for column, (ours, kinds) in schema.LISTS.items()}
    offered = _services(cells, services, faults)
    _hours(cells, faults)
    if faults or commune is None or said_on is None:
        return None, faults
    return Entry(cells["id"], cells["pivot"], commune, said_on, latitude, longitude, offered, lists, cells), []


def _simple_faults(cells: dict[str, str]) -> list[Fault]:
    faults = [
        Fault(name, f"Ce texte est trop long : {width} caractères au plus.")
        for name, width in WIDTHS.items()
        if len(cells.get(name, "")) > width
    ]
    if not re.fullmatch(r"[a-zA-Z0-9]{9,14}", cells["pivot"]):
        faults.append(Fault("pivot", "Écrivez un SIRET (14 chiffres), un RNA ou un RIDET, sans espace."))
    if not re.fullmatch(r"\d{5}", cells["code_postal"]):
        faults.append(Fault("code_postal", "Un code postal a cinq chiffres."))
    phone = cells.get("telephone", "")
    if phone and not schema.is_international(phone):
        found = schema.international(phone, cells["code_postal"][:3])
        if found:
            cells["telephone"] = found
        else:
            faults.append(Fault("telephone", "Écrivez le numéro au format international, par exemple +33556000000."))
    for name in LINKS:
        cells[name] = _first(cells, name)
        if not _passes(_is_link, cells[name]):
            faults.append(Fault(name, "Écrivez une adresse complète, qui commence par https://."))
    cells["courriels"] = _first(cells, "courriels")
    if not _passes(validate_email, cells["courriels"]):
        faults.append(Fault("courriels", "Écrivez une adresse électronique complète."))
    return faults


def _first(cells: dict[str, str], name: str) -> str:
    """Of several values, the first: we show one."""
    return re.split(r"[|;]", cells.get(name, ""))[0].strip()


def _passes(validator: object, value: str) -> bool:
    try:
        if value:
            validator(value)  # type: ignore[operator]
    except ValidationError:
        return False
    return True


def _day(text: str, faults: list[Fault]) -> date | None:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        faults.append(Fault("date_maj", "Écrivez la date comme 2026-11-30 (année, mois, jour)."))
        return None
    return found


def _point(cells: dict[str, str], faults: list[Fault]) -> tuple[float | None, float | None]:
    texts = [cells.get(name, "").replace(",", ".") for name in ("latitude", "longitude")]
    if not any(texts):
        return None, None
    try:
        latitude, longitude = (float(text) for text in texts)
    except ValueError:
        faults.append(Fault("latitude", "Écrivez deux nombres, en degrés, par exemple 44.8083 et -0.5478."))
        return None, None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        faults.append(Fault("latitude", "Ce point n’est pas sur la Terre."))
    return latitude, longitude


def _words(cells: dict[str, str], column: str, kinds: type[TextChoices], faults: list[Fault]) -> list[str]:
    """The stored values of a column of closed words, in our order."""
    if not cells.get(column):
        return []
    known = _known(kinds)
    found = set()
    for word in filter(None, (one.strip() for one in re.split(r"[|;]", cells.get(column, "")))):
        # Former writings of the schema say the word, then explain it after a colon or in brackets.
        value = known.get(_key(word)) or known.get(_key(re.split(r"\s[:(]", word)[0]))
        if value is None:
            expected = ", ".join(str(kind.label) for kind in kinds)
            faults.append(Fault(column, f"« {word[:60]} » n’est pas un mot du schéma. Attendu : {expected}."[:240]))
        else:
            found.add(value)
    return [kind.value for kind in kinds if kind.value in found]


def _services(cells: dict[str, str], services: dict[str, int], faults: list[Fault]) -> list[int]:
    found: list[int] = []
    for word in filter(None, (one.strip() for one in re.split(r"[|;]", cells.get("services", "")))):
        key = services.get(_key(word))
        if key is None:
            faults.append(Fault("services", f"« {word[:80]} » n’est pas un service du schéma national."))
        elif key not in found:
            found.append(key)
    return found


def _hours(cells: dict[str, str], faults: list[Fault]) -> None:
    try:
        cells["horaires"] = _understood(cells.get("horaires", ""))
    except DomainError:
        faults.append(Fault("horaires", "Écrivez les horaires comme « Mo-Fr 09:00-12:00,14:00-18:00 »."))


@cache
def _known(kinds: type[TextChoices]) -> dict[str, str]:
    """The stored value behind each word of a list."""
    return {search_key(str(kind.label)): kind.value for kind in kinds}


# A file says the same few words and hours thousands of times.
_key = lru_cache(maxsize=512)(search_key)
_understood = lru_cache(maxsize=4096)(understand)
