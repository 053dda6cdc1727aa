"""Whatever is refused under /api/ is a problem document (RFC 9457), never a page."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from aptic.accounts.throttle import FAILED_TOKENS
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from passes import redemption
from tests.contract.document import check, errors
from tests.factories import make_api_key, make_funder, make_operator
from tests.passes.world import make_till

pytestmark = pytest.mark.django_db
PROBLEM = {"$ref": "#/components/schemas/Problem"}
NOBODY = "a055fe6e-d986-46fe-9e4d-4d495ddaa44f"
LISTS = ("batches", "redemptions", "services", "sites", "statements")


def judged(response: Any, status: int, code: str) -> Any:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert errors(PROBLEM, body) == []
    assert (body["status"], body["code"]) == (status, code)
    return body


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def key() -> str:
    return make_api_key(make_funder().organisation, Hat.FUNDER, "batches:read", "sites:read")


@pytest.mark.parametrize("path", ["nothing/", "statements/not-a-uuid/", "redemptions/x/void/", "../v2/"])
def test_an_address_that_leads_nowhere(client: Client, path: str) -> None:
    judged(client.get(f"/api/v1/{path}"), 404, "not_found")


def test_writing_to_the_document(client: Client) -> None:
    judged(client.post("/api/v1/schema/"), 405, "method_not_allowed")
    judged(Client(enforce_csrf_checks=True).post("/api/v1/schema/"), 403, "permission_denied")


@pytest.mark.parametrize("path", LISTS)
def test_no_token_and_a_dead_one(client: Client, path: str) -> None:
    first = client.get(f"/api/v1/{path}/")
    judged(first, 401, "not_authenticated")
    assert first["WWW-Authenticate"] == 'Bearer realm="api"'
    judged(client.get(f"/api/v1/{path}/", headers=bearer("apk_dead")), 401, "authentication_failed")
    judged(client.get(f"/api/v1/{path}/", headers={"Authorization": "Basic eDp5"}), 401, "authentication_failed")


@pytest.mark.parametrize("path", LISTS)
def test_only_reading(client: Client, key: str, path: str) -> None:
    for method in ("put", "patch", "delete") if path == "redemptions" else ("post", "put", "patch", "delete"):
        response = getattr(client, method)(f"/api/v1/{path}/", headers=bearer(key))
        # Permission is asked before the method: a key without the right learns nothing more.
        status = 405 if path in ("batches", "services", "sites") else 403
        judged(response, status, "method_not_allowed" if status == 405 else "permission_denied")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("redemptions/batch/", "get", "POST"),
        ("passes/7Q2K9XM4T8WAVN3C/", "post", "GET"),
        (f"redemptions/{NOBODY}/", "delete", "GET"),
        (f"redemptions/{NOBODY}/void/", "get", "POST"),
    ],
)
def test_the_wrong_method_on_the_redeem_path(client: Client, path: str, method: str, allowed: str) -> None:
    response = getattr(client, method)(f"/api/v1/{path}")
    judged(response, 405, "method_not_allowed")
    assert response["Allow"] == allowed


def test_both_methods_of_redemptions_are_named(client: Client) -> None:
    till = make_till()
    response = client.put("/api/v1/redemptions/", headers=bearer(till.token))
    judged(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_only_json_comes_out(client: Client, key: str) -> None:
    response = client.get("/api/v1/batches/", headers={**bearer(key), "Accept": "text/csv"})
    judged(response, 406, "not_acceptable")
    check(response)


@pytest.mark.parametrize("path", ["redemptions/", "redemptions/batch/"])
def test_only_json_goes_in(client: Client, path: str) -> None:
    till = make_till()
    response = client.post(f"/api/v1/{path}", "id=1", content_type="text/plain", headers=bearer(till.token))
    judged(response, 415, "unsupported_media_type")
    check(response, "post")
    broken = client.post(f"/api/v1/{path}", "{", content_type="application/json", headers=bearer(till.token))
    judged(broken, 400, "invalid")
    check(broken, "post")


def test_a_body_too_long_for_anybody(client: Client) -> None:
    till = make_till()
    for size in (300_000, 3_000_000):
        body = '{"redemptions": [' + " " * size + "]}"
        path = "/api/v1/redemptions/batch/"
        response = client.post(path, body, content_type="application/json", headers=bearer(till.token))
        judged(response, 400, "invalid")
        check(response, "post")


def test_too_many_dead_tokens(client: Client) -> None:
    for _ in range(FAILED_TOKENS):
        assert client.get("/api/v1/sites/", headers=bearer("apk_dead")).status_code == 401
    response = client.get("/api/v1/sites/", headers=bearer("apk_dead"))
    judged(response, 429, "throttled")
    assert int(response["Retry-After"]) > 0
    check(response)


def test_a_defect_of_ours_says_that_nothing_was_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    till = make_till()
    till.client.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(redemption, "enter_device", broken)
    response = till.post("redemptions/batch/", {"redemptions": [{}]})
    body = judged(response, 500, "server_error")
    assert "Rien n’a été enregistré" in body["detail"]


def test_a_text_that_the_database_cannot_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    till = make_till()

    def look_for(*args: Any, **kwargs: Any) -> None:
        Organisation.objects.filter(name="a\0b").first()

    monkeypatch.setattr(redemption, "enter_device", look_for)
    judged(till.post("redemptions/batch/", {"redemptions": [{}]}), 400, "invalid")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("position", ["", "x", "a\x00", "é", "2026-11-24T09:30:00+23:59", "9" * 40])
def test_a_cursor_that_somebody_wrote(client: Client, path: str, position: str) -> None:
    """Its position is of no column of the list; a name or a number may be one."""
    operator = make_api_key(
        make_operator().organisation, Hat.OPERATOR, *(f"{one}:read" for one in LISTS[:2] + LISTS[3:])
    )
    cursor = b64encode(f"p={quote(position)}".encode()).decode()
    response = client.get(f"/api/v1/{path}/", {"cursor": cursor}, headers=bearer(operator))
    if response.status_code != 200 or position == "a\x00":
        assert set(judged(response, 400, "invalid")["errors"]) == {"cursor"}
    if path == "redemptions":
        assert response.status_code == 400


MADE_UP = [{"cursor": b64encode(place).decode()} for place in (b"p=abc", b"p=%00", b"p=1e3", b"r=1&p=-", b"o=x")]


@pytest.mark.parametrize("query", [{"cursor": "x"}, *MADE_UP, {"page_size": "0"}, {"page_size": "many"}])
def test_a_page_that_nobody_offered(client: Client, key: str, query: dict[str, str]) -> None:
    response = client.get("/api/v1/batches/", query, headers=bearer(key))
    body = judged(response, 400, "invalid")
    assert set(body["errors"]) == set(query)
    check(response)
