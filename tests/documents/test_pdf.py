"""PDFs from our templates, with our files and nothing from anywhere else; QR codes that a reader gives back."""

import re
from io import BytesIO

import pytest
import segno
from pypdf import PdfReader

from aptic.documents import pdf, qr
from aptic.documents.pdf import OwnFilesOnly


def test_an_empty_frame_is_one_page():
    made = pdf.render("documents/base.html", {})
    assert len(PdfReader(BytesIO(made)).pages) == 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://192.0.2.1/x.png", "https://ailleurs.example/x.css", "ftp://x/y", "/etc/passwd",
     "https://aptic.invalid/documents/x", "https://aptic.invalid/static/../settings.py",
     "https://aptic.invalid/static/%2e%2e/settings.py"],
)  # fmt: skip
def test_nothing_is_fetched_but_our_static_files(url):
    with pytest.raises(Exception, match=r"refused|no static file|SuspiciousFileOperation|located outside|not.*allowed"):
        OwnFilesOnly().fetch(url)


def test_our_static_files_are():
    assert OwnFilesOnly().fetch("https://aptic.invalid/static/aptic/icon.svg").read().startswith(b"<svg")


def test_parts_are_joined_in_their_order(tmp_path):
    part = pdf.render("documents/base.html", {"title": "Une page"})
    saved = tmp_path / "part.pdf"
    saved.write_bytes(part)
    out = tmp_path / "out.pdf"
    assert pdf.merge([part, saved, part], out) == 3
    assert len(PdfReader(out).pages) == 3


def modules(drawing: str, side: int) -> list[list[bool]]:
    """The squares that a path paints."""
    dark = [[False] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", drawing):
        for n in range(int(width)):
            dark[int(y)][int(x) + n] = True
    return dark


def test_a_qr_code_is_what_segno_says_with_its_quiet_zone():
    text = "HTTPS://APTIC.EXAMPLE/P/7Q2K9XM4T8WAVN3C"
    drawing, side = qr.path(text)
    wanted = segno.make_qr(text, error="m", boost_error=False).matrix
    painted = modules(drawing, side)
    assert side == len(wanted) + 2 * qr.QUIET_ZONE
    inner = [row[qr.QUIET_ZONE : -qr.QUIET_ZONE] for row in painted[qr.QUIET_ZONE : -qr.QUIET_ZONE]]
    assert inner == [[bool(each) for each in row] for row in wanted]
    assert not any(any(row) for row in painted[: qr.QUIET_ZONE])


def test_upper_case_text_takes_the_short_mode():
    text = "HTTPS://APTIC.EXAMPLE/P/" + "7Q2K9XM4T8WAVN3C" * 8
    assert qr.path(text)[1] < qr.path(text.lower())[1]


def test_a_drawing_for_a_page_speaks_and_cannot_carry_markup():
    drawn = qr.svg("X", label='"><script>')
    assert "<script>" not in drawn
    assert 'role="img"' in drawn
    assert "style=" not in drawn
    assert 'aria-hidden="true"' in qr.svg("X")
    assert qr.svg_data_uri("X").startswith("data:image/svg+xml;base64,")
