"""What a printed booklet looks like: two A4 pages, a cover to keep and a sheet of passes to cut or fold.

WeasyPrint sets the words; the QR codes, which would cost it three times as much as everything else, are drawn into
the finished pages where the template left a square. Nothing here touches a disk: the pages are bearer codes.
"""

import gc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

from django.conf import settings

from aptic import french
from aptic.documents import qr
from aptic.tenancy.models import Organisation
from aptic.territories.services import territory_labels
from aptic.vocabulary.models import Service
from passes import codes
from passes.errors import NotPrintable
from passes.models import Batch

TEMPLATE = "passes/print/booklets.html"
STYLES = {5: "passes/print/booklets_5.css", 10: "passes/print/booklets_10.css"}  # by the most passes of a sheet
CHUNK = 20  # booklets laid out at a time: WeasyPrint's memory grows with its pages
MASK = 3  # the QR's content is mostly a signature, that is noise: no mask is better than another
LONGEST = 172  # characters: beyond, the modules of a square of 34 mm become too small for old cameras
ZIP = 5  # packs QR codes three times faster than zlib's best, a twentieth larger
POINTS = 0.75  # of a CSS pixel
NAMED = 5  # services or territories on a cover


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every booklet of a batch says."""

    batch: int
    key: int
    first_booklet: int
    scheme: str
    funder: str
    campaign: str
    size: int
    value_cents: int
    ends_on: date
    services: str
    places: str
    site: str
    phone: str

    @property
    def title(self) -> str:
        """The PDF's own title."""
        return f"Carnets du lot {self.batch}"

    @property
    def styles(self) -> str:
        """The sheet of 5 or of 10: a booklet that replaces another has as many passes as were left there."""
        return next(css for most, css in STYLES.items() if self.size <= most)

    @property
    def total_cents(self) -> int:
        """What a whole booklet is worth."""
        return self.size * self.value_cents


@dataclass(frozen=True, slots=True)
class Ticket:
    """A pass or a cover: its code, what its QR says, and the name of the square that waits for it."""

    code: str
    text: str
    anchor: str


@dataclass(slots=True)
class BookletPage:
    """One booklet: its number, its cover and its passes."""

    number: int
    cover: Ticket
    passes: list[Ticket] = field(default_factory=list)


def sheet_of(batch: Batch) -> Sheet:
    """The words common to a batch's booklets. Raises NotPrintable when the site's address is too long for a QR."""
    campaign = batch.campaign
    longest = codes.signed_url(batch.first_booklet << 4, batch.code_key, **_facts_of(batch))
    if len(longest) > LONGEST:
        raise NotPrintable("L’adresse publique du site est trop longue : le QR ne se lirait plus.")
    return Sheet(
        batch=batch.pk,
        key=batch.code_key,
        first_booklet=batch.first_booklet,
        scheme=settings.SCHEME_NAME,
        funder=batch.funder.name,
        campaign=campaign.name,
        size=batch.passes_per_booklet,
        value_cents=batch.face_value_cents,
        ends_on=batch.ends_on,
        services=_services(campaign.services),
        places=_listed(list(territory_labels(campaign.territories).values())),
        site=settings.PUBLIC_URL.split("://", 1)[-1].rstrip("/"),
        phone=campaign.contact_phone or _operator_phone(),
    )


def render(sheet: Sheet, *, first: int, last: int, progress: Callable[[int], None] | None = None) -> bytes:
    """The PDF of booklets `first` to `last`, by number, in parts of `CHUNK` joined in memory.

    `progress(booklets)` is called after each part with how many booklets are laid out.
    """
    from pypdf import PdfWriter  # with WeasyPrint half a second to load: only who prints pays

    with PdfWriter() as writer, BytesIO() as out:
        for start in range(first, last + 1, CHUNK):
            stop = min(start + CHUNK - 1, last)
            writer.append(BytesIO(_part(sheet, start, stop)), import_outline=False)
            if progress:
                progress(stop - first + 1)
        writer.add_metadata({"/Title": sheet.title, "/Author": sheet.scheme})
        writer.write(out)
        return out.getvalue()


def booklets(sheet: Sheet, *, first: int, last: int) -> Iterator[BookletPage]:
    """The booklets of these numbers, with their codes: derived here, stored nowhere."""
    for number in range(first, last + 1):
        booklet = sheet.first_booklet + number - 1
        cover, *passes = (_ticket(sheet, booklet << 4 | position) for position in range(sheet.size + 1))
        yield BookletPage(number, cover, passes)


def _part(sheet: Sheet, first: int, last: int) -> bytes:
    from aptic.documents import pdf

    pages = list(booklets(sheet, first=first, last=last))
    texts = {ticket.anchor: ticket.text for page in pages for ticket in (page.cover, *page.passes)}

    def draw(document: Any, made: Any) -> None:
        _draw(document, made, texts)

    with _collector_paused():
        context = {"sheet": sheet, "booklets": pages, "nl": "\n"}
        return pdf.render(TEMPLATE, context, base_css=sheet.styles, finisher=draw)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A part makes a million objects that all live until it ends: looking for garbage among them takes a fifth."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _ticket(sheet: Sheet, serial: int) -> Ticket:
    text = codes.signed_url(serial, sheet.key, batch=sheet.batch, value_cents=sheet.value_cents, ends_on=sheet.ends_on)
    return Ticket(codes.encode(serial, sheet.key), text, f"q{serial}")


def _draw(document: Any, pdf: Any, texts: dict[str, str]) -> None:
    """Draw each QR over the square that bears its name: `finisher` of WeasyPrint."""
    import pydyf

    numbers = pdf.pages["Kids"][::3]
    for page, number in zip(document.pages, numbers, strict=True):
        squares = [_square(texts[name], box, page.height) for name, box in page.anchors.items() if name in texts]
        packed = zlib.compress(b"\n".join((b"q 0 g", *squares, b"Q")), ZIP)
        stream = pydyf.Stream([packed], {"Filter": "/FlateDecode"})
        pdf.add_object(stream)
        dictionary = pdf.objects[number]
        dictionary["Contents"] = pydyf.Array([stream.reference, dictionary["Contents"]])


def _square(text: str, box: tuple[float, float, float, float], page_height: float) -> bytes:
    """One QR as PDF operators: rectangles in modules, in a frame that scales them to the square."""
    found, side = qr.runs(text, mask=MASK)
    left, top, right, _ = box
    scale = (right - left) * POINTS / side
    frame = f"q {scale:.5f} 0 0 {-scale:.5f} {left * POINTS:.3f} {(page_height - top) * POINTS:.3f} cm "
    return (frame + " ".join(f"{x} {y} {length} 1 re" for x, y, length in found) + " f Q").encode()


def _facts_of(batch: Batch) -> dict[str, Any]:
    return {"batch": batch.pk, "value_cents": batch.face_value_cents, "ends_on": batch.ends_on}


def _services(chosen: list[int]) -> str:
    """What the passes pay, in words; a finer service is not said beside the one it belongs to."""
    rows = Service.objects.filter(pk__in=chosen).order_by("position", "id").values_list("name", "parent_id")
    return _listed([name for name, parent in rows if parent not in chosen])


def _listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    shown = " · ".join(names[:NAMED])
    return f"{shown} · et {french.plural(more, 'autre')}" if more > 0 else shown


def _operator_phone() -> str:
    return Organisation.objects.filter(is_operator=True).values_list("phone", flat=True).first() or ""
