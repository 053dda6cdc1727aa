"""A map as our own SVG, from the communes' points: no tile, no border file, nothing asked of another server.

Each commune is a dot, larger with its population; a département shows its shape by its dots alone. What the map is
about stands on it as numbered pins, the same numbers as in the list beside: the list says everything, the map shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from math import cos, radians

from django.db.models import F, Max, Min, QuerySet, Sum
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from aptic.charts import EDGE, FILLS, INK, LINE, NARROW, PAPER, WIDE
from aptic.territories import outline_files
from aptic.territories.models import Commune

TALLEST, FLATTEST = 1.15, 0.5  # height for width
MARGIN = 26.0
SMALLEST = 0.12  # degrees of latitude: about 13 km, so that one place alone still stands in a landscape
MOST_DOTS, MOST_NAMES = 1500, 9
LARGEST = 40  # names are sought among so many communes
DOTS = ((20_000, 11), (3_000, 7), (0, 4))  # from so many inhabitants, a dot so wide
NEAR = (36.0, 26.0)  # two pins closer than this, across and down, share one
MAINLAND = (41.2, 51.2, -5.3, 9.7)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in degrees."""

    south: float
    north: float
    west: float
    east: float

    def around(self) -> "Box":
        """The same with some landscape around."""
        tall = max(self.north - self.south, SMALLEST)
        wide = max(self.east - self.west, SMALLEST)
        middle, centre = (self.south + self.north) / 2, (self.west + self.east) / 2
        return Box(middle - tall * 0.6, middle + tall * 0.6, centre - wide * 0.6, centre + wide * 0.6)


@dataclass(frozen=True, slots=True)
class Pin:
    """A numbered place of the map."""

    number: int
    latitude: float
    longitude: float


@dataclass(slots=True)
class _Group:
    """Pins that fall on one spot, drawn as one."""

    x: float
    y: float
    numbers: list[int] = field(default_factory=list)

    @property
    def label(self) -> str:
        """« 3 », « 3, 4 » or « 3…9 »."""
        if len(self.numbers) < 3:
            return ", ".join(map(str, self.numbers))
        return f"{self.numbers[0]}…{self.numbers[-1]}"

    @property
    def half(self) -> float:
        """Half its width."""
        return max(14.0, 6 + len(self.label) * 4.2)


def box_of(points: Iterable[tuple[float | None, float | None]]) -> Box | None:
    """The smallest rectangle that holds every (latitude, longitude); None without any."""
    known = [(north, east) for north, east in points if north is not None and east is not None]
    if not known:
        return None
    norths, easts = [north for north, _ in known], [east for _, east in known]
    return Box(min(norths), max(norths), min(easts), max(easts))


def box_of_departements(codes: Sequence[str]) -> Box | None:
    """The rectangle of whole départements; several far apart give the mainland. One query."""
    return Box(*MAINLAND) if len(codes) > 4 else box_of_communes(Commune.objects.filter(departement__in=codes))


def box_of_communes(communes: QuerySet[Commune]) -> Box | None:
    """The rectangle of their points; None when no point is known. One query."""
    edges = communes.aggregate(
        south=Min("latitude"), north=Max("latitude"), west=Min("longitude"), east=Max("longitude")
    )
    return None if edges["south"] is None else Box(**edges)


def communes_in(box: Box) -> QuerySet[Commune]:
    """The communes whose point lies in the rectangle, the most populated first."""
    inside = Commune.objects.filter(latitude__range=(box.south, box.north), longitude__range=(box.west, box.east))
    return inside.order_by("-population", "code")


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing in two widths, as `components/map.html` shows it."""

    title: str
    svg: SafeString
    narrow: SafeString
    legend: tuple[tuple[SafeString, str], ...] = ()


Ground = Sequence[tuple[float | None, float | None, int, str]]  # latitude, longitude, inhabitants, name


def read_ground(communes: QuerySet[Commune], most: int = MOST_DOTS) -> Ground:
    """The communes that a map shows, in their order. One query."""
    return list(communes.values_list("latitude", "longitude", "population", "name")[:most])


def draw(*, box: Box, ground: Ground, pins: Sequence[Pin], title: str, here: Pin | None = None) -> Map:
    """The map: the ground's dots and names, the pins, and `here` (where one asked from).

    Pins outside of the rectangle are left out: the list names them.
    """
    wide, narrow = (_svg(_Frame(box, width), ground, pins, title, here) for width in (WIDE, NARROW))
    return Map(title, wide, narrow)


@dataclass(frozen=True, slots=True)
class Kind:
    """What some marks of a map have in common: its name in the legend, and its form, told apart without colours."""

    name: str
    form: str  # "square", "triangle", "diamond" or "dot"


@dataclass(frozen=True, slots=True)
class Mark:
    """A territory drawn as one mark, in the middle of its inhabitants; `outlines` are codes of what it consists of."""

    latitude: float
    longitude: float
    kind: Kind
    outlines: tuple[str, ...] = ()


def middles(level: str, inside: QuerySet[Commune] | None = None) -> dict[str, tuple[float, float]]:
    """By code, the point that each territory of a level ("epci", "departement") has in the middle of its inhabitants.

    One query; of the communes given, or of all of them: those are asked once, the geography changes with a release.
    """
    if inside is not None:
        return _middles(level, inside)
    found = _middles_of_all(level)
    if not found:
        _middles_of_all.cache_clear()  # the geography is still to be loaded
    return found


@cache
def _middles_of_all(level: str) -> dict[str, tuple[float, float]]:
    return _middles(level, Commune.objects.all())


def _middles(level: str, communes: QuerySet[Commune]) -> dict[str, tuple[float, float]]:
    known = communes.filter(latitude__isnull=False, population__gt=0).exclude(**{level: None})
    rows = (
        known.order_by()
        .values(level)
        .annotate(
            north=Sum(F("latitude") * F("population")) / Sum("population"),
            east=Sum(F("longitude") * F("population")) / Sum("population"),
        )
    )
    return {row[level]: (row["north"], row["east"]) for row in rows}


def draw_marks(
    *, box: Box, marks: Sequence[Mark], title: str, ground: QuerySet[Commune] | None = None, outlines: str = ""
) -> Map:
    """Territories as marks of a few kinds with their legend. At most one query.

    Each mark stands on what it consists of when `outlines` names their file, else over the dots of `ground`, whose
    largest communes are named in both cases.
    """
    has_outlines = bool(outlines and outline_files.read(outlines))
    rows = [] if ground is None else read_ground(ground, LARGEST if has_outlines else MOST_DOTS)
    kinds = list(dict.fromkeys(mark.kind for mark in marks))
    drawn = []
    for width in (WIDE, NARROW):
        frame = _Frame(box, width)
        spots = _spots(frame, rows)
        size = 4.0 if len(marks) > 200 and width == NARROW else 6.0
        ways = _ways(outlines, box, width) if has_outlines else {}
        under = [_areas(kind, marks, ways) for kind in kinds] if has_outlines else [_dots(spots)]
        shown = [_marks(frame, kind, marks, size) for kind in kinds]
        drawn.append(_whole(frame, title, [*under, *shown, _names(frame, spots, _covered(frame, marks, size))]))
    wide, narrow = drawn
    return Map(title, wide, narrow, tuple((_swatch(kind), kind.name) for kind in kinds))


# A form's outline around its middle, for a half width; what fills it, what surrounds it.
FORMS = {
    "square": ("M{x0:.0f} {y0:.0f}h{d:.0f}v{d:.0f}h-{d:.0f}z", FILLS[0], "c1", ""),
    "triangle": ("M{x:.0f} {y0:.0f}l{r:.0f} {d:.0f}h-{d:.0f}z", FILLS[5], "c6", ""),
    "diamond": ("M{x:.0f} {y0:.0f}l{r:.0f} {r:.0f}l-{r:.0f} {r:.0f}l-{r:.0f}-{r:.0f}z", FILLS[2], "c3 axis", INK),
    "dot": ("M{x0:.0f} {y:.0f}h{r:.0f}v{r:.0f}h-{r:.0f}z", FILLS[4], "c5", ""),
}


def _spots(frame: "_Frame", rows: Ground) -> list["Spot"]:
    """Communes where they stand on the drawing; one without a point stands nowhere."""
    return [
        (*frame.at(north, east), people, name)
        for north, east, people, name in rows
        if north is not None and east is not None
    ]


def _outline(form: str, x: float, y: float, r: float) -> str:
    return FORMS[form][0].format(x=x, y=y, x0=x - r, y0=y - r, r=r, d=2 * r)


def _filled(form: str, way: str) -> str:
    _, fill, classes, stroke = FORMS[form]
    edge = f' stroke="{stroke}" stroke-width="1.5"' if stroke else ""
    return f'<path d="{way}" fill="{fill}" class="{classes}"{edge}/>'


@lru_cache(maxsize=32)
def _ways(outlines: str, box: Box, width: int) -> dict[str, str]:
    """By code, the way of each outline of a file on the drawing of a rectangle."""
    frame = _Frame(box, width)
    return {code: "".join(_way(frame, ring) for ring in rings) for code, rings in outline_files.read(outlines).items()}


def _way(frame: "_Frame", ring: outline_files.Ring) -> str:
    """To whole units, from point to point; what is no wider than one is left out."""
    points: list[tuple[int, int]] = []
    for east, north in ring:
        x, y = frame.at(north, east)
        if not points or points[-1] != (round(x), round(y)):
            points.append((round(x), round(y)))
    if len(points) < 4:
        return ""
    steps = " ".join(f"{x1 - x0} {y1 - y0}" for (x0, y0), (x1, y1) in pairwise(points))
    return f"M{points[0][0]} {points[0][1]}l{steps}z"


def _areas(kind: Kind, marks: Sequence[Mark], ways: Mapping[str, str]) -> str:
    _, fill, classes, _ = FORMS[kind.form]
    way = "".join(ways.get(code, "") for mark in marks if mark.kind == kind for code in mark.outlines)
    pen = f'stroke="{EDGE}" stroke-width="1" fill-opacity="0.3"'
    return f'<path d="{way}" fill="{fill}" class="{classes.split()[0]} axis" {pen}/>' if way else ""


def _marks(frame: "_Frame", kind: Kind, marks: Sequence[Mark], size: float) -> str:
    points = (frame.at(mark.latitude, mark.longitude) for mark in marks if mark.kind == kind)
    return _filled(kind.form, "".join(_outline(kind.form, x, y, size) for x, y in points if frame.holds(x, y)))


def _swatch(kind: Kind) -> SafeString:
    shape = _filled(kind.form, _outline(kind.form, 8, 8, 6))
    return mark_safe(  # noqa: S308
        f'<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shape}</svg>'
    )


def _svg(frame: "_Frame", rows: Ground, pins: Sequence[Pin], title: str, here: Pin | None) -> SafeString:
    spots = _spots(frame, rows)
    groups = _grouped(frame, pins)
    taken = [(one.x - one.half, one.y - 16, one.x + one.half, one.y + 16) for one in groups]
    ring = []
    if here is not None:
        x, y = frame.at(here.latitude, here.longitude)
        taken.append((x - 14, y - 14, x + 14, y + 14))
        ring.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="11" fill="none" stroke="{INK}" stroke-width="3" class="axis"/>'
        )
    parts = [_dots(spots), _names(frame, spots, taken), *ring, *(_pin(group) for group in groups)]
    return _whole(frame, title, parts)


def _whole(frame: "_Frame", title: str, parts: Iterable[str]) -> SafeString:
    return mark_safe(  # noqa: S308
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height:.0f}" '
        f'role="img" aria-label="{escape(title)}" font-family="Atkinson Hyperlegible Next, sans-serif" font-size="15">'
        f"{''.join(parts)}</svg>"
    )


class _Frame:
    """From degrees to the drawing's units: a plane whose east is narrowed by the middle latitude."""

    def __init__(self, box: Box, width: int) -> None:
        self.width = width
        narrow = cos(radians((box.south + box.north) / 2))
        wide, tall = (box.east - box.west) * narrow, box.north - box.south
        ratio = min(max(tall / wide, FLATTEST), TALLEST)
        self.height = width * ratio
        self._scale = min((width - 2 * MARGIN) / wide, (self.height - 2 * MARGIN) / tall)
        self._narrow = narrow
        self._middle = ((box.west + box.east) / 2, (box.south + box.north) / 2)

    def at(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point stands on the drawing."""
        x = self.width / 2 + (longitude - self._middle[0]) * self._narrow * self._scale
        return x, self.height / 2 - (latitude - self._middle[1]) * self._scale

    def holds(self, x: float, y: float) -> bool:
        """True on the drawing."""
        return 0 <= x <= self.width and 0 <= y <= self.height


Spot = tuple[float, float, int, str]
Area = tuple[float, float, float, float]  # from x and y to x and y


def _dots(spots: Sequence[Spot]) -> str:
    """Three sizes, one path each: a line of no length with a round end is a dot, in ten characters."""
    ways: dict[int, list[str]] = {wide: [] for _, wide in DOTS}
    for x, y, count, _ in spots:
        for people, wide in DOTS:
            if count >= people:
                ways[wide].append(f"M{x:.0f} {y:.0f}h0")
                break
    pen = f'stroke="{LINE}" stroke-width="{{}}" stroke-linecap="round" fill="none" class="gridline"'
    return "".join(f'<path d="{"".join(way)}" {pen.format(wide)}/>' for wide, way in ways.items() if way)


def _grouped(frame: _Frame, pins: Sequence[Pin]) -> list[_Group]:
    groups: list[_Group] = []
    for pin in pins:
        x, y = frame.at(pin.latitude, pin.longitude)
        if not frame.holds(x, y):
            continue
        close = next((one for one in groups if abs(one.x - x) < NEAR[0] and abs(one.y - y) < NEAR[1]), None)
        if close is None:
            close = _Group(x, y)
            groups.append(close)
        close.numbers.append(pin.number)
    return groups


def _covered(frame: _Frame, marks: Sequence[Mark], size: float) -> list[Area]:
    points = (frame.at(mark.latitude, mark.longitude) for mark in marks)
    return [(x - size - 2, y - size - 2, x + size + 2, y + size + 2) for x, y in points]


def _names(frame: _Frame, spots: Sequence[Spot], covered: Iterable[Area]) -> str:
    """The largest communes, where their names cover nothing."""
    taken = list(covered)
    written: list[str] = []
    for x, y, _, name in spots[:LARGEST]:
        half = len(name) * 4.2
        for middle, low in ((x, y + 20), (x, y - 10), (x + half + 20, y + 5), (x - half - 20, y + 5)):
            area = (middle - half, low - 14, middle + half, low + 4)
            inside = area[0] >= 0 and area[2] <= frame.width and area[1] >= 0 and area[3] <= frame.height
            if inside and not any(_overlap(area, other) for other in taken):
                taken.append(area)
                written.append(
                    f'<text x="{middle:.0f}" y="{low:.0f}" text-anchor="middle" fill="{INK}">{escape(name)}</text>'
                )
                break
        if len(written) == MOST_NAMES:
            break
    return "".join(written)


def _overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _pin(group: _Group) -> str:
    return (
        f'<rect x="{group.x - group.half:.0f}" y="{group.y - 14:.0f}" width="{2 * group.half:.0f}" height="28" rx="14" '
        f'fill="{FILLS[2]}" stroke="{PAPER}" stroke-width="2" class="c3 gap"/>'
        f'<text x="{group.x:.0f}" y="{group.y + 5:.0f}" text-anchor="middle" font-weight="700" '
        f'fill="#16213a" class="on-sun">{group.label}</text>'
    )
