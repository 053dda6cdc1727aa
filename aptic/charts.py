"""Plots as our own SVG: the same markup on a page, in a PDF and in black and white.

Presentation attributes carry the light colours (what WeasyPrint and a strict CSP accept); classes let the
stylesheet recolour them for dark screens. Two areas that touch differ by pattern too. Every plot brings its
figures as a table, for `templates/components/plot.html`.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from aptic import french

Shown = Callable[[float], str]

WIDE, NARROW = 640, 350
TEXT = 15
INK, EDGE, LINE, PAPER = "#47526b", "#7a8296", "#d9d5ca", "#ffffff"
FILLS = ("#1f4d8f", "#9fb7db", "#f2a33a", "#d9d5ca", "#5f6981", "#17683f")
# Drawn over the fill of the same rank; the first is plain, so that one series alone stays calm.
MARKS = ("", "M-2 2 2-2M0 8 8 0M6 10 10 6", "M2 2h2M6 6h2", "M0 2h8M0 6h8", "M2 0v8M6 0v8", "M0 0 8 8M0 8 8 0")


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a whole: its name, its size, how the size is written (a count if nothing is said), and where it is
    followed if it stands for money."""

    label: str
    value: float
    shown: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        """The size, written."""
        return self.shown or french.number(self.value)


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, one per label of the plot."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing in two widths, its legend (swatch, name) and its figures as a table."""

    title: str
    svg: SafeString
    narrow: SafeString
    columns: list[str]
    rows: list[list[str]]
    legend: list[tuple[SafeString, str]] = field(default_factory=list)


# --- pieces ----------------------------------------------------------------------------------------


def _uid(*parts: object) -> str:
    """A stable prefix for the ids of one drawing, so that the same data gives the same bytes."""
    return f"p{zlib.crc32(repr(parts).encode()):08x}"


def _patterns(uid: str, count: int) -> str:
    return "".join(
        f'<pattern id="{uid}-{i}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{FILLS[i]}" class="c{i + 1}"/>'
        f'<path d="{MARKS[i]}" stroke="{PAPER}" stroke-width="1.6" fill="none" class="mark"/></pattern>'
        for i in range(min(count, len(FILLS)))
        if MARKS[i]
    )


def _fill(uid: str, rank: int) -> str:
    i = rank % len(FILLS)
    return f'fill="url(#{uid}-{i})"' if MARKS[i] else f'fill="{FILLS[i]}" class="c{i + 1}"'


def _svg(uid: str, size: tuple[float, float], body: str, *, title: str, desc: str, defs: str = "") -> SafeString:
    width, height = size
    return mark_safe(  # noqa: S308
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{uid}-t {uid}-d" font-family="Atkinson Hyperlegible Next, sans-serif" font-size="{TEXT}">'
        f'<title id="{uid}-t">{escape(title)}</title><desc id="{uid}-d">{escape(desc)}</desc>'
        f"<defs>{defs}</defs>{body}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start", *, strong: bool = False) -> str:
    weight = ' font-weight="700" class="strong"' if strong else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"{weight}>{escape(text)}</text>'


def nice_ticks(top: float, wanted: int = 4) -> list[float]:
    """Round marks from 0 to just above `top`: 0, 500, 1000, … ; [0, 1] for nothing."""
    if top <= 0:
        return [0, 1]
    rough = top / wanted
    power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 10.0 ** -len(str(int(1 / rough)))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    count = int(-(-top // step))
    return [step * i for i in range(count + 1)]


def swatch(rank: int) -> SafeString:
    """The small square of a legend, same colour and pattern as the series of that rank."""
    uid = f"swatch{rank % len(FILLS)}"
    body = f'<defs>{_patterns(uid, len(FILLS))}</defs><rect width="20" height="14" {_fill(uid, rank)}/>'
    return mark_safe(f'<svg aria-hidden="true" width="20" height="14" viewBox="0 0 20 14">{body}</svg>')  # noqa: S308


def _summary(labels: Sequence[str], totals: Sequence[float], shown: Shown) -> str:
    if not totals or not any(totals):
        return "Aucune donnée sur cette période."
    high = max(range(len(totals)), key=lambda i: totals[i])
    return (
        f"De {labels[0]} ({shown(totals[0])}) à {labels[-1]} ({shown(totals[-1])}) ; "
        f"le plus haut : {labels[high]} ({shown(totals[high])}). Le tableau donne toutes les valeurs."
    )


def _frame(
    labels: Sequence[str], ticks: Sequence[float], shown: Shown, width: float, height: float
) -> tuple[str, dict]:
    """Grid lines, marks and labels of a plot with a vertical scale, and its geometry."""
    left = 14 + max(len(shown(tick)) for tick in ticks) * TEXT * 0.55
    geo = {"left": left, "top": 12.0, "bottom": height - 30, "step": (width - left - 10) / max(len(labels), 1)}
    geo["scale"] = (geo["bottom"] - geo["top"]) / (ticks[-1] or 1)
    parts = []
    for tick in ticks:
        y = geo["bottom"] - tick * geo["scale"]
        kind = "axis" if tick == 0 else "gridline"
        colour = EDGE if tick == 0 else LINE
        parts.append(f'<path d="M{left:.1f} {y:.1f}H{width - 6}" stroke="{colour}" class="{kind}"/>')
        parts.append(_text(left - 8, y + 5, shown(tick), "end"))
    longest = max((len(label) for label in labels), default=1) * TEXT * 0.56 + 6
    every = max(1, int(-(-longest // geo["step"])))
    for i, label in enumerate(labels):
        if (len(labels) - 1 - i) % every == 0:
            middle = left + geo["step"] * (i + 0.5)
            anchor = "end" if i == len(labels) - 1 and every > 1 else "middle"
            parts.append(
                _text(min(middle + (geo["step"] / 2 if anchor == "end" else 0), width), height - 8, label, anchor)
            )
    return "".join(parts), geo


# --- bars of shares ----------------------------------------------------------------------------------


def share_bar(segments: Sequence[Segment], *, label: str, total: float | None = None, tall: bool = False) -> SafeString:
    """Parts of a whole side by side; what is left of `total` stays empty. `label` says what the whole is."""
    whole = total or sum(s.value for s in segments) or 1
    uid = _uid(label, [(s.label, s.value) for s in segments])
    starts = [0.0, *accumulate(100 * s.value / whole for s in segments)]
    rects = "".join(
        f'<rect x="{start:.3f}%" width="{100 * s.value / whole:.3f}%" height="100%" {_fill(uid, i)}/>'
        + (f'<rect x="{start:.3f}%" width="2" height="100%" fill="{PAPER}" class="gap"/>' if start > 0 else "")
        for i, (s, start) in enumerate(zip(segments, starts, strict=False))
        if s.value > 0
    )
    spoken = f"{label} : " + ", ".join(f"{s.label} {s.text}" for s in segments)
    return format_html(
        '<svg class="bar{}" width="100%" height="{}" role="img" aria-label="{}"><defs>{}</defs>{}</svg>',
        " tall" if tall else "",
        30 if tall else 14,
        spoken,
        mark_safe(_patterns(uid, len(segments))),  # noqa: S308
        mark_safe(rects),  # noqa: S308
    )


def rate_bar(value: float, total: float, *, label: str = "") -> SafeString:
    """One share of a whole as a thin bar; without a label it is silent, since the table says the number."""
    share = min(1.0, max(0.0, value / total)) if total else 0.0
    said = (
        format_html('role="img" aria-label="{} : {}"', label, french.percent(share))
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="bar" width="100%" height="14" {}><rect width="{}%" height="100%" fill="{}" class="c1"/></svg>',
        said,
        f"{share * 100:.2f}",
        FILLS[0],
    )


# --- plots -------------------------------------------------------------------------------------------


def bar_chart(
    labels: Sequence[str], series: Sequence[Series], *, title: str, shown: Shown = french.number, first: str = "Mois"
) -> Plot:
    """Vertical bars, one per label, the series stacked. `first` heads the labels' column in the table."""
    totals = [sum(s.values[i] for s in series) for i in range(len(labels))]
    ticks = nice_ticks(max(totals, default=0))
    uid = _uid(title, labels, [list(s.values) for s in series])

    def draw(width: int, height: int) -> SafeString:
        mine = f"{uid}{width}"
        frame, geo = _frame(labels, ticks, shown, width, height)
        thick = min(44.0, geo["step"] * 0.68)
        bars = []
        for i in range(len(labels)):
            x, y = geo["left"] + geo["step"] * (i + 0.5) - thick / 2, geo["bottom"]
            for rank, one in enumerate(series):
                tall = one.values[i] * geo["scale"]
                y -= tall
                if tall > 0:
                    bars.append(
                        f'<rect x="{x:.1f}" y="{y:.1f}" width="{thick:.1f}" height="{tall:.1f}" {_fill(mine, rank)}/>'
                    )
        desc = _summary(labels, totals, shown)
        defs = _patterns(mine, len(series))
        return _svg(mine, (width, height), frame + "".join(bars), title=title, desc=desc, defs=defs)

    rows = [[label, *(shown(s.values[i]) for s in series)] for i, label in enumerate(labels)]
    if len(series) > 1:
        rows = [[*row, shown(total)] for row, total in zip(rows, totals, strict=True)]
    columns = [first, *(s.name for s in series), *(["Total"] if len(series) > 1 else [])]
    legend = [(swatch(i), s.name) for i, s in enumerate(series)] if len(series) > 1 else []
    return Plot(title, draw(WIDE, 300), draw(NARROW, 260), columns, rows, legend)


def row_chart(rows: Sequence[Segment], *, title: str, first: str = "Poste", value_name: str = "Valeur") -> Plot:
    """Horizontal bars with their names above and their sizes at the end: for long names, services, territories."""
    top = max((r.value for r in rows), default=0) or 1
    uid = _uid(title, [(r.label, r.value) for r in rows])

    def draw(width: int) -> SafeString:
        room = max((len(r.text) for r in rows), default=1) * TEXT * 0.62 + 12
        parts = []
        for i, row in enumerate(rows):
            y = i * 48
            long = (width - room) * max(row.value, 0) / top
            parts.append(_text(0, y + 15, row.label))
            parts.append(
                f'<rect x="0" y="{y + 22}" width="{max(long, 1):.1f}" height="16" rx="3" fill="{FILLS[0]}" class="c1"/>'
            )
            parts.append(_text(long + 8, y + 35, row.text, strong=True))
        desc = ", ".join(f"{r.label} : {r.text}" for r in rows) or "Aucune donnée sur cette période."
        return _svg(f"{uid}{width}", (width, max(len(rows) * 48, 48)), "".join(parts), title=title, desc=desc)

    table = [[r.label, r.text] for r in rows]
    return Plot(title, draw(WIDE), draw(NARROW), [first, value_name], table)


@dataclass(frozen=True, slots=True)
class Band:
    """What a line is compared with, from `low` to `high`, with its name: « 15 à 25 k€ par an »."""

    low: float
    high: float
    name: str


def line_chart(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    title: str,
    band: Band | None = None,
    margins: Sequence[tuple[float, float]] = (),
    shown: Shown = french.number,
    first: str = "Mois",
    value_name: str = "Valeur",
) -> Plot:
    """One line with its points; over a constant `band`, or between the `margins` (low, high) of each point."""
    highs = [*values, *(high for _, high in margins), *([band.high] if band else [])]
    ticks = nice_ticks(max(highs, default=0))
    uid = _uid(title, labels, list(values), band, list(margins))

    def draw(width: int, height: int) -> SafeString:
        frame, geo = _frame(labels, ticks, shown, width, height)

        def at(i: int, value: float) -> str:
            return f"{geo['left'] + geo['step'] * (i + 0.5):.1f} {geo['bottom'] - value * geo['scale']:.1f}"

        mine = f"{uid}{width}"
        under = _band(band, geo, width, mine) if band else ""
        if margins:
            there = [at(i, high) for i, (_, high) in enumerate(margins)]
            back = [at(i, low) for i, (low, _) in reversed(list(enumerate(margins)))]
            under += f'<path d="M{"L".join(there + back)}Z" {_fill(mine, 1)}/>'
        way = "L".join(at(i, v) for i, v in enumerate(values))
        pen = f'fill="none" stroke="{FILLS[0]}" stroke-width="3" stroke-linejoin="round" class="k1"'
        line = f'<path d="M{way}" {pen}/>'
        points = "".join(
            f'<circle cx="{x}" cy="{y}" r="4" fill="{FILLS[0]}" class="c1"/>'
            for x, y in (at(i, v).split() for i, v in enumerate(values))
        )
        body = under + frame + (line + points if values else "")
        return _svg(
            mine, (width, height), body, title=title, desc=_summary(labels, values, shown), defs=_patterns(mine, 2)
        )

    columns = [first, value_name, *(["Bas", "Haut"] if margins else [])]
    rows = [[label, shown(values[i]), *(map(shown, margins[i]) if margins else ())] for i, label in enumerate(labels)]
    legend = (
        [(swatch(0), value_name), (swatch(1), band.name if band else "marge d’incertitude")] if band or margins else []
    )
    return Plot(title, draw(WIDE, 300), draw(NARROW, 260), columns, rows, legend)


def _band(band: Band, geo: dict, width: int, uid: str) -> str:
    top = geo["bottom"] - band.high * geo["scale"]
    tall = (band.high - band.low) * geo["scale"]
    place = f'x="{geo["left"]:.1f}" y="{top:.1f}" width="{width - 6 - geo["left"]:.1f}" height="{tall:.1f}"'
    return f'<rect {place} opacity=".55" {_fill(uid, 1)}/>'
