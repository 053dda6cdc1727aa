"""The document itself: OpenAPI 3.1, every address of the API in it, every code of ours explained."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from passes.refusals import Refusal
from tests.contract.document import document, errors

pytestmark = pytest.mark.django_db


def test_it_is_served_to_everybody_and_valid(client: Client) -> None:
    response = client.get("/api/v1/schema/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.oai.openapi+json"
    served = json.loads(response.content)
    assert served["openapi"] == "3.1.0"
    assert served == document()
    validate_schema(served)


def test_every_address_of_the_api_is_in_it() -> None:
    def routes(resolver: Any, prefix: str = "") -> Any:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from routes(pattern, route)
            elif route.startswith("api/v1/"):
                yield "/" + route

    known = {re.sub(r"\{[^}]+\}", "{}", path) for path in document()["paths"]}
    ours = {re.sub(r"<[^>]+>", "{}", route) for route in routes(get_resolver())} - {"/api/v1/schema/"}
    assert ours == known


def test_every_operation_says_what_it_does_in_french_and_needs_a_token() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["security"] == [{"bearer": []}], (method, path)
            assert "401" in operation["responses"], (method, path)
    names = [one["operationId"] for methods in document()["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


def test_the_refusals_are_the_closed_list() -> None:
    assert document()["components"]["schemas"]["Refusal"]["enum"] == list(Refusal.values)
    told = json.dumps(document()["paths"]["/api/v1/redemptions/"]["post"]["responses"])
    assert [one for one in Refusal.values if f"`{one}`" not in told] == []


def test_the_human_page_names_every_address_and_every_code() -> None:
    page = (settings.BASE_DIR / "docs" / "api.md").read_text()
    missing = [path for path in document()["paths"] if path.removeprefix("/api/v1/") not in page]
    assert missing == []
    assert [one for one in Refusal.values if f"`{one}`" not in page] == []


def test_the_judge_can_refuse() -> None:
    problem = {"$ref": "#/components/schemas/Problem"}
    good = {"type": "about:blank", "status": 404, "code": "unknown", "title": "Non"}
    assert errors(problem, good) == []
    assert errors(problem, {**good, "code": "Not A Code"})
    assert errors({"$ref": "#/components/schemas/Redeemed"}, good)
