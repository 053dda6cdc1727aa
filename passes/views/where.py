"""A place that a visitor typed, read kindly: a postcode is enough, an ambiguous name becomes a choice."""

from dataclasses import dataclass

from aptic.territories import rules
from aptic.territories.errors import AmbiguousTerritory, UnknownTerritory
from aptic.territories.models import Commune
from aptic.territories.services import find_commune


@dataclass(frozen=True, slots=True)
class Where:
    """What was typed, and the commune it stands for; or the communes to choose from; or neither, when unknown."""

    typed: str = ""
    centre: Commune | None = None
    label: str = ""
    choices: tuple[Commune, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Something was typed and names nothing we know."""
        return bool(self.typed) and self.centre is None and not self.choices


def read_where(typed: str) -> Where:
    """The place that `typed` names. Several communes share a postcode: the most populated stands for it."""
    typed = typed.strip()[: rules.TYPED_MAX]
    if not typed:
        return Where()
    try:
        commune = find_commune(typed)
    except UnknownTerritory:
        return Where(typed)
    except AmbiguousTerritory as error:
        found = error.details["candidates"]
        postcode = rules.parse_place(typed).postcode
        if postcode and all(postcode in commune.postcodes for commune in found):
            return Where(typed, found[0], postcode)
        return Where(typed, choices=tuple(found))
    return Where(typed, commune, commune.label(rules.parse_place(typed).postcode))
