"""PDF from our templates, with our fonts and nothing from the network.

WeasyPrint's cost grows faster than its pages: long documents are rendered in parts and joined with `merge`.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template, render_to_string
from pypdf import PdfWriter
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

PRINT_CSS = "documents/print.css"
ORIGIN = "https://aptic.invalid/"  # what relative addresses in templates hang on; never asked for


class OwnFilesOnly(URLFetcher):
    """Fetches `data:` and our own static files; everything else, file: and http: included, is refused."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",))

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Raises ValueError on an address that is not ours; WeasyPrint then leaves the image or font out."""
        if url.startswith("data:"):
            return super().fetch(url, headers)
        address = urlsplit(url)
        if not url.startswith(ORIGIN) or not address.path.startswith(settings.STATIC_URL):
            raise ValueError(f"refused: {url}")
        name = unquote(address.path.removeprefix(settings.STATIC_URL))
        found = finders.find(name)
        if not isinstance(found, str):
            raise ValueError(f"no static file {name}")
        return URLFetcherResponse(url, Path(found).read_bytes())


def render(
    template: str,
    context: dict[str, Any],
    *,
    base_css: str = PRINT_CSS,
    variant: str | None = None,
    finisher: Callable[[Any, Any], None] | None = None,
) -> bytes:
    """The PDF of a template (see `documents/base.html`); `variant` is WeasyPrint's, such as "pdf/a-3b".

    `finisher(document, pdf)` may add drawings of its own before the file is written.
    """
    fonts, sheet = _style(base_css)
    document = HTML(string=render_to_string(template, context), base_url=ORIGIN, url_fetcher=OwnFilesOnly())
    return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant=variant, finisher=finisher)


def merge(parts: Iterable[bytes | Path], out: Path) -> int:
    """Join PDFs in their order into the file `out`; returns its number of pages."""
    with PdfWriter() as writer:
        for part in parts:
            writer.append(BytesIO(part) if isinstance(part, bytes) else part, import_outline=False)
        pages = len(writer.pages)
        with out.open("wb") as file:
            writer.write(file)
    return pages


@lru_cache(maxsize=8)
def _style(name: str) -> tuple[FontConfiguration, CSS]:
    """A sheet and its fonts, read once per process: unpacking the fonts costs more than a page."""
    fonts = FontConfiguration()
    text = get_template(name).render()
    return fonts, CSS(string=text, base_url=ORIGIN, url_fetcher=OwnFilesOnly(), font_config=fonts)
