"""The table that the browser's reading is tested from, against the server's: two readers of one code may not drift."""

import json
from pathlib import Path

import pytest

from passes import codes

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "codes.json").read_text())


@pytest.mark.parametrize("case", TABLE["normalise"], ids=lambda case: repr(case["text"]))
def test_a_text_normalises_as_in_the_browser(case: dict) -> None:
    assert codes.normalise(case["text"]) == case["code"]


@pytest.mark.parametrize("case", [c for c in TABLE["read"] if c["code"]], ids=lambda case: repr(case["text"]))
def test_what_the_browser_reads_the_server_reads(case: dict) -> None:
    assert codes.normalise(case["text"]) == case["code"]
