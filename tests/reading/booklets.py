"""Booklets printed by the product itself, as scenes for a camera."""

import subprocess
from pathlib import Path

import zxingcpp
from PIL import Image

from aptic.tenancy.principal import acting
from passes import booklets_pdf
from passes.models import Batch
from tests.factories import OPERATOR
from tests.reading.damage import Scene

DPI = 300
AROUND = 1.1  # of a square's side: what of the page is seen around it


def scenes(batch: Batch, folder: Path, *, booklets: int = 1) -> list[Scene]:
    """Every square of the printed pages, with the paper around it."""
    with acting(OPERATOR):
        pdf = booklets_pdf.render(booklets_pdf.sheet_of(batch), first=1, last=booklets)
    (folder / "booklets.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(DPI), "-gray", str(folder / "booklets.pdf"), str(folder / "page")]
    subprocess.run(command, check=True)
    return [scene for page in sorted(folder.glob("page*")) for scene in _squares(Image.open(page).convert("L"))]


def _squares(page: Image.Image) -> list[Scene]:
    found = []
    for square in zxingcpp.read_barcodes(page):
        corner = square.position
        points = [(p.x, p.y) for p in (corner.top_left, corner.top_right, corner.bottom_right, corner.bottom_left)]
        margin = (points[1][0] - points[0][0]) * AROUND
        left, top = max(points[0][0] - margin, 0), max(points[0][1] - margin, 0)
        right, bottom = min(points[2][0] + margin, page.width), min(points[2][1] + margin, page.height)
        part = page.crop((int(left), int(top), int(right), int(bottom)))
        found.append(Scene(part, [(x - int(left), y - int(top)) for x, y in points], square.text))
    return found
