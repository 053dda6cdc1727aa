"""The table that the browser's rules are tested from, against the server's: two who decide may not drift."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from passes import rules
from passes.refusals import Refusal

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "refusals.json").read_text())
DATES = ("valid_from", "valid_until", "claim_until")


def facts_of(case: dict[str, Any]) -> rules.Facts:
    facts = {**TABLE["usable"], **case["facts"]}
    dates = {name: datetime.fromisoformat(facts[name]) for name in DATES}
    return rules.Facts(**{**facts, **dates, "services": tuple(facts["services"])})


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_the_server_decides_as_the_table_says(case: dict[str, Any]) -> None:
    occurred_at = datetime.fromisoformat(case.get("occurred_at", TABLE["now"]))
    accounted_at = datetime.fromisoformat(case.get("accounted_at", occurred_at.isoformat()))
    found = rules.refusal(
        facts_of(case), service_id=TABLE["service"], occurred_at=occurred_at, accounted_at=accounted_at
    )
    assert found == case["refusal"]


def test_every_refusal_stands_in_the_table_or_has_a_reason_not_to() -> None:
    told = {case["refusal"] for case in TABLE["cases"]} - {None}
    assert told | set(TABLE["elsewhere"]) == set(Refusal.values)
    assert not told & set(TABLE["elsewhere"])


def test_whoever_cannot_know_says_why() -> None:
    assert all(case["browser"] == "knows" or len(case["browser"]) > 20 for case in TABLE["cases"])
