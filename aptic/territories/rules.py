"""Pure decisions on territories: their keys, how a typed place is read, how far two points are."""

import re
from collections.abc import Iterator
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from aptic.territories.errors import UnknownTerritory
from aptic.text import search_key

EARTH_KM = 6371.0088  # mean radius of the Earth (IUGG)
FRANCE = "france"
_CODES = {
    "commune": re.compile(r"\d[\dAB]\d{3}"),
    "epci": re.compile(r"\d{9}"),
    "departement": re.compile(r"\d[\dAB]|\d{3}"),
    "region": re.compile(r"\d{2,3}"),
}
# Written short by everybody, in full by INSEE: « St-Émilion », « Chalon s/ Saône ».
_SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ON = re.compile(r"\bs/\s*", re.IGNORECASE)
# A name is also found from any of its words, except those that only link: « roses », not « les roses ».
_LINKS = frozenset(("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "lez", "sous", "sur"))
_POSTCODE = re.compile(r"[0-9]{5}")
_BRACKET = re.compile(r"\(\s*(\d[\dABab]\d?)\s*\)\s*$")
TYPED_MAX = 100  # characters; no name is half as long


class Place(NamedTuple):
    """A typed place: normalised words of a name, a postcode or its beginning, a département; any may be empty."""

    words: str = ""
    postcode: str = ""
    departement: str = ""


def key(level: str, code: str) -> str:
    """A territory as text: "commune:33063", "epci:243300316", "departement:33", "region:75"."""
    return f"{level}:{code}"


def parse_key(text: str) -> tuple[str, str]:
    """Level and code of a key; the code of "france" is empty. Raises UnknownTerritory on anything else."""
    if text == FRANCE:
        return FRANCE, ""
    level, _, code = text.partition(":")
    if level not in _CODES or not _CODES[level].fullmatch(code):
        raise UnknownTerritory(territory=text)
    return level, code


def keys_of(*, commune: str, epci: str | None, departement: str, region: str) -> list[str]:
    """The keys of a commune and of all it lies in, most precise first."""
    levels = {"commune": commune, "epci": epci, "departement": departement, "region": region}
    return [key(level, code) for level, code in levels.items() if code] + [FRANCE]


def name_key(text: str) -> str:
    """`search_key` with the usual shortenings opened: « St Émilion » → "saint emilion"."""
    words = search_key(_ON.sub("sur ", text)).split()
    return " ".join(_SHORT.get(word, word) for word in words)


def search_terms(name: str) -> Iterator[str]:
    """The name's key, whole and from each word that carries meaning; « L'Haÿ » also as "lhay"."""
    words = name_key(name).split()
    if words[0] in ("d", "l"):
        yield "".join(words[:2]) + "".join(f" {word}" for word in words[2:])
    for start, word in enumerate(words):
        if start == 0 or word not in _LINKS:
            yield " ".join(words[start:])


def parse_place(text: str) -> Place:
    """What somebody typed in a field that asks for a place.

    Digits alone begin a postcode; among words only five digits are one, since « Paris 12 » is a name.
    A code in brackets at the end is a département: « Saint-Denis (974) ».
    """
    text = text[:TYPED_MAX]
    departement = ""
    if bracket := _BRACKET.search(text):
        departement, text = bracket[1].upper(), text[: bracket.start()]
    words = name_key(text).split()
    if len(words) == 1 and words[0].isdecimal():
        return Place(postcode=words[0], departement=departement)
    postcode = next((word for word in words if _POSTCODE.fullmatch(word)), "")
    return Place(" ".join(word for word in words if word != postcode), postcode, departement)


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in kilometres between two points in degrees (haversine; error under 0.5 %)."""
    phi, other_phi = radians(latitude), radians(other_latitude)
    half_phi, half_lambda = (other_phi - phi) / 2, radians(other_longitude - longitude) / 2
    chord = sin(half_phi) ** 2 + cos(phi) * cos(other_phi) * sin(half_lambda) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))
