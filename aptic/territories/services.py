"""Finding a place that somebody typed, and naming one that somebody chose."""

from collections.abc import Iterable
from dataclasses import dataclass

from aptic.territories import rules
from aptic.territories.errors import AmbiguousTerritory, UnknownTerritory
from aptic.territories.models import Commune, Departement, Epci, Region
from aptic.territories.rules import distance_km

__all__ = [
    "Territory",
    "distance_km",
    "find_commune",
    "search_communes",
    "search_territories",
    "territory_label",
    "territory_labels",
]


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory of any level, as a list shows it."""

    key: str
    label: str


def search_communes(text: str, limit: int = 10) -> list[Commune]:
    """The communes that `text` begins to name: a name or any word of it, a former name, a postcode, or both.

    Accents, case, hyphens and « St » do not count. One of that very name comes first, then the most populated.
    """
    return list(Commune.objects.found_by(rules.parse_place(text)).with_names()[:limit])


def find_commune(text: str) -> Commune:
    """The one commune that `text` names, as a field shows it or as a person types it.

    Raises UnknownTerritory when there is none, and AmbiguousTerritory, with `candidates` in its details, when
    several answer equally well.
    """
    place = rules.parse_place(text)
    candidates = list(Commune.objects.found_by(place).with_names()[:20])
    exact = [commune for commune in candidates if commune.search_key == place.words]
    candidates = exact or candidates
    if not candidates:
        raise UnknownTerritory(field="commune", typed=text[: rules.TYPED_MAX])
    if len(candidates) > 1:
        raise AmbiguousTerritory(field="commune", candidates=candidates)
    return candidates[0]


def territory_label(key: str) -> str:
    """« Saint-Émilion (33) », « Bordeaux Métropole », « Gironde (33) », « Nouvelle-Aquitaine » or « France ».

    Raises UnknownTerritory for a key that names nothing.
    """
    return territory_labels([key])[key]


def territory_labels(keys: Iterable[str]) -> dict[str, str]:
    """The label of each key, one query per level present. Raises UnknownTerritory for a key that names nothing."""
    wanted = {key: rules.parse_key(key) for key in keys}
    models = {"commune": Commune, "epci": Epci, "departement": Departement, "region": Region}
    labels = {rules.FRANCE: "France"}
    for level, model in models.items():
        codes = [code for found, code in wanted.values() if found == level]
        if codes:
            labels |= {rules.key(level, row.pk): str(row) for row in model._default_manager.filter(pk__in=codes)}
    for key in wanted:
        if key not in labels:
            raise UnknownTerritory(territory=key)
    return {key: labels[key] for key in wanted}


def search_territories(text: str, limit: int = 10) -> list[Territory]:
    """Territories of every level that `text` begins to name, the widest first."""
    words = rules.name_key(text[: rules.TYPED_MAX])
    if not words:
        return []
    found = [Territory(rules.FRANCE, "France")] if rules.FRANCE.startswith(words) else []
    # A hundred rows: read whole, so that neither table needs a search key.
    for level, model in (("region", Region), ("departement", Departement)):
        found += [
            Territory(rules.key(level, row.pk), str(row))
            for row in model._default_manager.all()
            if row.code.lower() == words or any(term.startswith(words) for term in rules.search_terms(row.name))
        ]
    epci = Epci.objects.filter(search_key__contains=words).order_by("-population")[:limit]
    found += [Territory(rules.key("epci", row.pk), str(row)) for row in epci]
    found += [Territory(row.key, str(row)) for row in search_communes(text, limit)]
    return found[:limit]
