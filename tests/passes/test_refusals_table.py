"""The table that the browser's rules are tested from, against the server's: two who decide may not drift."""

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from passes import rules
from passes.refusals import Refusal
from tests.passes.world import TestTill, make_batch

CASES = Path(__file__).parents[1] / "cases"
TABLE = json.loads((CASES / "refusals.json").read_text())
KNOWN = json.loads((CASES / "knowledge.json").read_text())  # what a device makes of what it is told
BESIDE = {"call", "near"}  # what a batch may say besides: whom to call, where else; no decision reads them
NOT_TOLD = {"serial", "time_zone", "released"}  # no decision of the browser reads them
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


def test_a_device_judges_by_the_same_facts() -> None:
    assert {*KNOWN["facts"]} == {each.name for each in fields(rules.Facts)} - NOT_TOLD
    assert all({*case["facts"]} <= {*KNOWN["facts"]} for case in KNOWN["cases"])
    answers = {case["refusal"] for case in KNOWN["cases"]} - {None}
    assert answers == set(Refusal.values) - {*TABLE["elsewhere"], "not_handed_out"}  # which nobody tells it


@pytest.mark.django_db
def test_the_terms_of_that_table_are_those_that_the_server_tells(tablet: Client, till: TestTill) -> None:
    make_batch()
    make_batch(territories=["departement:24"])
    answer = tablet.get(f"/guichet/{till.site.actor_id}/{till.site.pk}/hors-ligne.json").json()
    assert [{*terms} - BESIDE for terms in answer["batches"]] == [{*KNOWN["batch"]}, {*KNOWN["pays_nothing_here"]}]
    assert {*KNOWN["knowledge"]} <= {*answer}
