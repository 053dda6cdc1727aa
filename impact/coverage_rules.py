"""Pure decisions on coverage: who is near help, and what a territory lacks to be operational, the gravest first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import asin, cos, radians, sin, sqrt

from aptic.territories.rules import EARTH_KM
from qualification.cap_rules import RATIO_HIGH_CENTS

NEAR_KM, FAR_KM = 15.0, 30.0
GRIDS_KM = (NEAR_KM, 4 * NEAR_KM, 16 * NEAR_KM)  # cells; beyond, every point is asked
ROUND_CENTS = 1_000_00  # what is said of money that several funders ordered

FEW = 100  # places for which a grid costs more than it spares

Point = tuple[float, float, float]  # kilometres from the centre of the Earth
Cell = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Help:
    """A place where help is given: a site, or a commune on its rounds."""

    latitude: float
    longitude: float
    site: int
    actor: int
    services: int  # a bit for each service
    hours_known: bool


@dataclass(frozen=True, slots=True)
class Access:
    """What is found around a point."""

    nearest_km: float | None
    sites: int
    actors: int
    hours_known: int
    services: int


class Places:
    """Places of help in grids of three sizes, so that a point asks its neighbours alone; a `few` are all asked."""

    def __init__(self, helps: Iterable[Help], *, few: int = FEW) -> None:
        self._all = [(_on_sphere(one.latitude, one.longitude), one) for one in helps]
        self._grids: list[tuple[float, dict[Cell, list[tuple[Point, Help]]]]] = []
        for size in GRIDS_KM if len(self._all) > few else ():
            grid: dict[Cell, list[tuple[Point, Help]]] = defaultdict(list)
            for point, one in self._all:
                grid[_cell(point, size)].append((point, one))
            self._grids.append((size, dict(grid)))

    def around(self, latitude: float, longitude: float) -> Access:
        """The nearest place, and everything within 15 km."""
        point = _on_sphere(latitude, longitude)
        near = [one for place, one in self._close_to(point) if _squared(point, place) <= _chord_squared(NEAR_KM)]
        services = 0
        for one in near:
            services |= one.services
        known = {one.site for one in near if one.hours_known}
        sites, actors = {one.site for one in near}, {one.actor for one in near}
        return Access(self._nearest(point), len(sites), len(actors), len(known), services)

    def _nearest(self, point: Point) -> float | None:
        """Kilometres to the nearest place: a cell's neighbours hold every point that is nearer than a cell."""
        for rank, (size, _) in enumerate(self._grids):
            best = min((_squared(point, place) for place, _ in self._neighbours(point, rank)), default=None)
            if best is not None and best <= size * size:
                return _kilometres(best)
        best = min((_squared(point, place) for place, _ in self._all), default=None)
        return None if best is None else _kilometres(best)

    def _close_to(self, point: Point) -> Iterable[tuple[Point, Help]]:
        return self._neighbours(point, 0) if self._grids else self._all

    def _neighbours(self, point: Point, rank: int) -> Iterator[tuple[Point, Help]]:
        size, grid = self._grids[rank]
        x, y, z = _cell(point, size)
        for dx, dy, dz in _AROUND:
            yield from grid.get((x + dx, y + dy, z + dz), ())


_AROUND = tuple(product((-1, 0, 1), repeat=3))


def _on_sphere(latitude: float, longitude: float) -> Point:
    phi, theta = radians(latitude), radians(longitude)
    return EARTH_KM * cos(phi) * cos(theta), EARTH_KM * cos(phi) * sin(theta), EARTH_KM * sin(phi)


def _cell(point: Point, size: float) -> Cell:
    return int(point[0] // size), int(point[1] // size), int(point[2] // size)


def _squared(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def _chord_squared(km: float) -> float:
    """The straight line, squared, under an arc so long."""
    return (2 * EARTH_KM * sin(km / (2 * EARTH_KM))) ** 2


def _kilometres(chord_squared: float) -> float:
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord_squared) / (2 * EARTH_KM)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a territory."""

    population: int
    near_population: int
    far_population: int
    mean_km: float | None
    sites: int
    actors: int
    hours_known: int
    services: tuple[int, ...]
    room_cents: int | None

    @property
    def near_share(self) -> float:
        """The share of inhabitants within 15 km of a site; 1 where nobody lives."""
        return self.near_population / self.population if self.population else 1.0


@dataclass(frozen=True, slots=True)
class Needs:
    """What the operator asks of an operational territory."""

    near_percent: int
    mean_km: int
    actors: int
    inhabitants_per_site: int
    hours_percent: int
    services: tuple[int, ...]


# The gravest first: without a site nothing else matters; hours are the easiest to put right.
GAPS = ("no_site", "near", "distance", "actors", "capacity", "sites", "services", "hours")


def missing(facts: Facts, needs: Needs) -> list[str]:
    """The codes of what is missing, the gravest first; empty: operational.

    >>> missing(Facts(1000, 0, 1000, None, 0, 0, 0, (), None), Needs(80, 15, 1, 25000, 50, (1,)))
    ['no_site']
    """
    if not facts.sites:
        return ["no_site"]
    lacks = {
        "near": facts.near_population * 100 < facts.population * needs.near_percent,
        "distance": facts.mean_km is None or facts.mean_km > needs.mean_km,
        "actors": facts.actors < needs.actors,
        "capacity": facts.room_cents is not None and facts.room_cents <= 0,
        "sites": facts.sites * needs.inhabitants_per_site < facts.population,
        "services": not set(needs.services) <= set(facts.services),
        "hours": facts.hours_known * 100 < facts.sites * needs.hours_percent,
    }
    return [code for code in GAPS if lacks.get(code)]


def room_cents(*, actors: float, expected_cents: int) -> int:
    """What actors could still take in a year, up to the upper end of the ratio, in thousands of euros, rounded down.

    `actors` counts each by the share of it that stands in the territory, so that nobody is sold twice.

    >>> room_cents(actors=2.5, expected_cents=21_999_99)
    4000000
    """
    room = round(actors * RATIO_HIGH_CENTS) - expected_cents
    return room // ROUND_CENTS * ROUND_CENTS


def sites_wanted(facts: Facts, needs: Needs) -> int:
    """How many sites more the threshold of inhabitants per site asks for."""
    return max(0, -(-facts.population // needs.inhabitants_per_site) - facts.sites)


def bits(services: Sequence[int]) -> int:
    """Services as one number."""
    found = 0
    for service in services:
        found |= 1 << service
    return found


def from_bits(number: int) -> list[int]:
    """The reverse."""
    return [rank for rank in range(number.bit_length()) if number >> rank & 1]
