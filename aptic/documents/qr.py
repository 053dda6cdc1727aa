"""QR codes as SVG: one path, no network, level M; upper-case text is packed in alphanumeric mode by itself."""

import base64

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules, as ISO/IEC 18004 asks


def path(text: str) -> tuple[str, int]:
    """The dark modules as the `d` of one SVG path, and the side of the square in modules, quiet zone included."""
    matrix = segno.make_qr(text, error="m", boost_error=False).matrix
    strokes = []
    for y, row in enumerate(matrix, start=QUIET_ZONE):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            strokes.append(f"M{start + QUIET_ZONE} {y}h{x - start}v1H{start + QUIET_ZONE}z")
    return "".join(strokes), len(matrix) + 2 * QUIET_ZONE


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
