"""The printed passes that the browser's reading is tested from are those that the server signs."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from passes import codes
from passes.knowledge import public_keys

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "signed.json").read_text())


def test_the_keys_are_those_that_devices_get() -> None:
    assert public_keys() == TABLE["keys"]


@pytest.mark.parametrize("case", TABLE["passes"], ids=lambda case: case["name"])
def test_the_server_signs_and_reads_what_the_browser_reads(case: dict[str, Any]) -> None:
    ends_on = date.fromisoformat(case["ends"])
    _, code, signed = case["text"].rsplit("/", 2)
    facts = codes.signed_url(
        case["serial"], case["version"], batch=case["batch"], value_cents=case["value"], ends_on=ends_on
    )
    assert facts.rsplit("/", 2)[1:] == [code, signed]
    assert codes.verify_signed(code, signed) == codes.SignedFacts(case["batch"], case["value"], ends_on)
