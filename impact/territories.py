"""Coverage and ratio as pages show them: what is missing and what to do, the map, lists. Queries are counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from aptic.french import number, percent, plural
from aptic.territories import maps, outline_files
from aptic.territories.maps import Kind, Mark
from aptic.territories.models import Commune, Departement
from aptic.territories.rules import FRANCE
from aptic.territories.services import territory_labels
from aptic.vocabulary.models import Service
from impact.coverage_rules import NEAR_KM, Facts, Needs, missing, sites_wanted
from impact.models import Coverage
from qualification.models import Cap

FARTHEST = 8
DESERT = Kind("Désert : plus de la moitié des habitants à plus de 15 km d’un lieu", "diamond")
FULL = Kind("Complet : le plafond est atteint", "square")
OPEN = Kind("Des places sont libres", "triangle")
UNCAPPED = Kind("Sans plafond", "dot")
READY = Kind("Opérationnel", "triangle")
NOT_READY = Kind("Pas encore opérationnel", "square")
LEVELS = (("epci", "Intercommunalités"), ("departement", "Départements"), ("region", "Régions"))
SHORT = {
    "no_site": "aucun lieu", "near": "habitants trop loin", "distance": "distance moyenne",
    "actors": "trop peu d’acteurs", "capacity": "capacité", "sites": "trop peu de lieux",
    "services": "services", "hours": "horaires",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing: what is seen, and what to do."""

    code: str
    sentence: str
    todo: str


def gaps(facts: Facts, needs: Needs) -> list[Gap]:
    """What is missing, the gravest first, in words. At most one query."""
    return [Gap(code, *_words(code, facts, needs)) for code in missing(facts, needs)]


def _words(code: str, facts: Facts, needs: Needs) -> tuple[str, str]:
    km = "–" if facts.mean_km is None else number(facts.mean_km, 1)
    sites, lacking = sites_wanted(facts, needs), set(needs.services) - set(facts.services)
    words = {
        "no_site": (
            "Aucun lieu n’y accepte de pass.",
            "Qualifier un premier acteur : parlez-en à l’opérateur avant de commander.",
        ),
        "near": (
            f"{percent(facts.near_share)} des habitants ont un lieu à moins de 15 km ; il faut {needs.near_percent} %.",
            "Ouvrir un lieu, ou une tournée, là où vivent ceux qui en sont loin.",
        ),
        "distance": (
            f"Le lieu le plus proche est à {km} km en moyenne ; il faut {needs.mean_km} km au plus.",
            "Rapprocher l’aide : une tournée suffit souvent.",
        ),
        "actors": (
            f"{plural(facts.actors, 'acteur')} sur place ; il en faut {needs.actors}, pour qu’ils puissent se relayer.",
            "Qualifier d’autres acteurs, sous le plafond.",
        ),
        "capacity": (
            "Il y reste moins de 100 pass à prendre par an, à côté de ceux déjà émis ou commandés.",
            "Attendre, ou relever le plafond pour accueillir un acteur de plus.",
        ),
        "sites": (
            f"Un lieu y sert plus de {number(needs.inhabitants_per_site)} habitants.",
            f"Ouvrir {number(sites)} lieu{'x' if sites > 1 else ''} de plus.",
        ),
        "services": (
            f"Personne n’y propose : {_names(lacking) if code == 'services' else ''}.",
            "Demander aux acteurs présents de l’ajouter à leur catalogue.",
        ),
        "hours": (
            f"Les horaires de {number(facts.hours_known)} lieu{'x' if facts.hours_known > 1 else ''} sur "
            f"{number(facts.sites)} sont connus.",
            "Demander aux lieux d’écrire leurs horaires.",
        ),
    }
    return words[code]


def _names(services: Iterable[int]) -> str:
    return ", ".join(Service.objects.filter(pk__in=services).order_by("position", "pk").values_list("name", flat=True))


def service_rows(facts: Facts, needs: Needs) -> list[dict[str, Any]]:
    """Each service of the standard: is it offered, is it needed. One query."""
    rows = Service.objects.active().standard().order_by("position", "pk")
    return [{"name": one.name, "offered": one.pk in facts.services, "needed": one.pk in needs.services} for one in rows]


def farthest(territory: str) -> QuerySet[Commune]:
    """Its most populated communes without a site within 15 km."""
    far = Commune.objects.inside(territory).filter(access__isnull=False).select_related("access", "departement")
    far = far.exclude(access__nearest_km__lte=NEAR_KM)
    return far.order_by("-population", "pk")[:FARTHEST]


@dataclass(frozen=True, slots=True)
class Line:
    """One territory of a list."""

    row: Coverage
    label: str
    cap: Cap | None

    @property
    def first_gap(self) -> str:
        """The gravest thing that is missing, in a few words."""
        return SHORT[self.row.missing[0]] if self.row.missing else ""

    @property
    def near_share(self) -> float:
        """The share of inhabitants within 15 km."""
        return self.row.near_population / self.row.population if self.row.population else 1.0


def lines(rows: Iterable[Coverage]) -> list[Line]:
    """A page of coverage, with labels and caps."""
    found = list(rows)
    labels = territory_labels(row.territory for row in found)
    caps = {cap.pk: cap for cap in Cap.objects.filter(pk__in=labels)}
    return [Line(row, labels[row.territory], caps.get(row.territory)) for row in found]


STATES = (("", "Tous"), ("deserts", "Déserts"), ("complets", "Complets"), ("a-completer", "À compléter"),
          ("operationnels", "Opérationnels"))  # fmt: skip


def chosen(*, level: str, state: str, departement: str = "") -> QuerySet[Coverage]:
    """Coverage of one level, of one state, the most inhabitants first."""
    rows = Coverage.objects.filter(territory__startswith=f"{level}:").order_by("-population", "territory")
    if departement:
        inside = Commune.objects.filter(departement=departement)
        keys = [f"{level}:{code}" for code in set(inside.values_list(level, flat=True)) if code]
        rows = rows.filter(pk__in=keys)
    if state == "deserts":
        return rows.filter(near_population__lt=F("population") / 2)
    if state == "complets":
        return rows.filter(pk__in=Cap.objects.full().values("pk"))
    return rows.filter(operational=state == "operationnels") if state in ("operationnels", "a-completer") else rows


def is_desert(row: Coverage) -> bool:
    """More than half of its inhabitants are further than 15 km from help."""
    return row.near_population * 2 < row.population


def map_of(*, level: str, by_caps: bool, inside: str = FRANCE) -> maps.Map | None:
    """Every territory of a level as a mark: places and deserts for the operator, operational or not for a funder.

    `inside` is the key of a département or a région that they have communes in. They stand on their outlines, but for
    the EPCI of the country or of a région, which are too many for them.
    """
    communes = None if inside == FRANCE else Commune.objects.inside(inside)
    middles = maps.middles(level, communes)
    # A map shows over a thousand of them: the columns it needs, by a range of the key rather than by a list of keys.
    inside_level = {"territory__startswith": f"{level}:"}
    rows = Coverage.objects.filter(**inside_level).only("population", "near_population", "operational")
    caps = {cap.pk: cap for cap in Cap.objects.filter(**inside_level)} if by_caps else {}
    parts = _departements_of_regions() if level == "region" else {}
    marks = []
    for row in rows:
        code = row.territory.partition(":")[2]
        if at := middles.get(code):
            kind = _kind(row, caps.get(row.territory), by_caps=by_caps)
            marks.append(Mark(*at, kind, parts.get(code, (code,))))
    if not marks:
        return None
    # Points of communes lie within their territory: its edge is a little further.
    around = maps.box_of_communes(communes) if communes is not None else None
    box = around.around() if around else maps.Box(*maps.MAINLAND)
    order: Sequence[Kind] = (UNCAPPED, OPEN, FULL, NOT_READY, READY, DESERT)
    marks.sort(key=lambda mark: order.index(mark.kind))
    ground = communes.order_by("-population", "code") if communes is not None else None
    title = "Places et déserts, territoire par territoire" if by_caps else "Territoires opérationnels"
    return maps.draw_marks(box=box, marks=marks, title=title, ground=ground, outlines=_outlines(level, inside))


def map_within(territory: str) -> maps.Map | None:
    """The EPCI of a département, or the départements of a région, operational or not; None for a smaller territory."""
    part = {"departement": "epci", "region": "departement"}.get(territory.partition(":")[0])
    return map_of(level=part, inside=territory, by_caps=False) if part else None


def _outlines(level: str, inside: str) -> str:
    if level != "epci":
        return outline_files.DEPARTEMENTS
    around, _, code = inside.partition(":")
    return outline_files.epci_of(code) if around == "departement" else ""


def _departements_of_regions() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code, region in Departement.objects.order_by("pk").values_list("pk", "region"):
        found.setdefault(region, []).append(code)
    return {region: tuple(codes) for region, codes in found.items()}


def _kind(row: Coverage, cap: Cap | None, *, by_caps: bool) -> Kind:
    if is_desert(row):
        return DESERT
    if by_caps:
        return UNCAPPED if cap is None else (OPEN if cap.free else FULL)
    return READY if row.operational else NOT_READY
