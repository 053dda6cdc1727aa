"""QR codes as SVG: one path, no network, level M; upper-case text is packed in alphanumeric mode by itself."""

import base64
from itertools import groupby

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules, as ISO/IEC 18004 asks


def runs(text: str, *, mask: int | None = None) -> tuple[list[tuple[int, int, int]], int]:
    """The dark modules as horizontal runs (x, y, length), and the side of the square, quiet zone included.

    `mask` spares trying all eight, five times the work: for contents that look like noise, where none is better.
    """
    matrix = segno.make_qr(text, error="m", boost_error=False, mask=mask).matrix
    found = []
    for y, row in enumerate(matrix, start=QUIET_ZONE):
        x = QUIET_ZONE
        for dark, group in groupby(row):
            length = len(list(group))
            if dark:
                found.append((x, y, length))
            x += length
    return found, len(matrix) + 2 * QUIET_ZONE


def path(text: str) -> tuple[str, int]:
    """The dark modules as the `d` of one SVG path, and the side of the square in modules, quiet zone included."""
    found, side = runs(text)
    return "".join(f"M{x} {y}h{length}v1H{x}z" for x, y, length in found), side


def svg(text: str, *, label: str = "") -> SafeString:
    """An `<svg>` for a page or a PDF, black on white whatever the scheme; `label` is what it says aloud."""
    drawing, side = path(text)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {} {}" shape-rendering="crispEdges" {}>'
        '<path fill="#fff" d="M0 0h{}v{}H0z"/><path fill="#000" d="{}"/></svg>',
        side,
        side,
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"'),
        side,
        side,
        drawing,
    )


def svg_data_uri(text: str) -> str:
    """The same drawing for the `src` of an image."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg(text).encode()).decode()
