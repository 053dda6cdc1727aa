"""The redeem path's answers, each status of it, held against the document; bodies and codes are tested elsewhere."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aptic.tenancy.principal import acting
from passes import codes, guessing
from passes.models import Batch, Pass
from tests.contract.document import check
from tests.factories import OPERATOR
from tests.passes.world import SLUG, TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
FALSE = "7Q2K9XM4T8WAVN3C"


@pytest.fixture
def till() -> TestTill:
    return make_till()


@pytest.fixture
def batch() -> Batch:
    return make_batch()


def sent(response: Any, status: int, code: str = "", method: str = "post") -> Any:
    assert response.status_code == status, response.content
    body = check(response, method)
    assert body.get("code", "") == code
    return body


def test_201_then_200(till: TestTill, batch: Batch) -> None:
    mine = str(uuid.uuid4())
    first = sent(till.redeem(code_of(batch), id=mine), 201)
    assert sent(till.redeem(code_of(batch), id=mine), 200) == first


def test_200_for_a_simulation(till: TestTill, batch: Batch) -> None:
    assert sent(till.redeem(code_of(batch), simulate=True), 200)["simulated"] is True


@pytest.mark.parametrize("wrong", [{"service": "inconnu"}, {"id": "x"}, {"more": 1}, {"occurred_at": "hier"}])
def test_400(till: TestTill, batch: Batch, wrong: dict[str, Any]) -> None:
    sent(till.redeem(code_of(batch), **wrong), 400, "invalid")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "\x00"}, {"code": 7}, {"code": []}, {"code": "é" * 9000}, {"service": "\x00"}, {"service": {}},
        {"id": []}, {"id": 12}, {"session": "x"}, {"session": [1]}, {"offline": "oui"}, {"simulate": 1},
        {"occurred_at": 3}, {"occurred_at": "2026-13-45T99:00:00Z"}, {"occurred_at": "9999-12-31T23:59:59Z"},
        {"occurred_at": [[]]}, {"occurred_at": "0001-01-01T00:00:00+23:59"},
    ],
)  # fmt: skip
def test_nothing_that_is_sent_breaks_it(till: TestTill, batch: Batch, wrong: dict[str, Any]) -> None:
    line = {"id": str(uuid.uuid4()), "code": code_of(batch), "service": SLUG, **wrong}
    alone = till.post("redemptions/", line)
    assert alone.status_code in (400, 404)
    check(alone, "post")
    together = till.post("redemptions/batch/", {"redemptions": [line]})
    assert check(together, "post")["results"][0]["status"] == alone.status_code
    with acting(OPERATOR):
        assert Pass.objects.get(pk=batch.first_booklet << 4 | 1).state == Pass.State.OPEN


def test_401(till: TestTill, batch: Batch) -> None:
    till.token = "apd_dead"
    sent(till.redeem(code_of(batch)), 401, till.redeem(code_of(batch)).json()["code"])


def test_404(till: TestTill) -> None:
    sent(till.redeem(FALSE), 404, "unknown")


def test_404_for_a_training_code_that_names_a_real_pass(till: TestTill, batch: Batch) -> None:
    training = codes.encode(batch.first_booklet << 4 | 1, codes.TRAINING_VERSION)
    sent(till.redeem(training), 404, "unknown")
    sent(till.get(f"passes/{training}/"), 404, "unknown", "get")
    with acting(OPERATOR):
        assert Pass.objects.get(pk=batch.first_booklet << 4 | 1).state == Pass.State.OPEN


def test_409(till: TestTill, batch: Batch) -> None:
    till.redeem(code_of(batch))
    sent(till.redeem(code_of(batch)), 409, "already_redeemed")


def test_422_for_a_refusal_and_for_an_id_used_before(till: TestTill, batch: Batch) -> None:
    mine = str(uuid.uuid4())
    sent(till.redeem(code_of(batch), id=mine), 201)
    sent(till.redeem(code_of(batch, position=2), id=mine), 422, "id_reused")
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(valid_from=timezone.now() - timedelta(9), valid_until=timezone.now())
    sent(till.redeem(code_of(batch, position=3)), 422, "expired")


def test_422_for_a_session_that_is_not_open_here(till: TestTill, batch: Batch) -> None:
    sent(till.redeem(code_of(batch), session=str(uuid.uuid4())), 422, "session_not_open")


def test_429(till: TestTill) -> None:
    for _ in range(guessing.LIMITS["device"].failures):
        till.redeem(FALSE)
    response = till.redeem(FALSE)
    sent(response, 429, "too_many_attempts")
    assert int(response["Retry-After"]) > 0
    sent(till.get(f"passes/{FALSE}/"), 429, "too_many_attempts", "get")


def test_a_batch_of_every_kind_of_line(till: TestTill, batch: Batch) -> None:
    def line(code: str, **more: Any) -> dict[str, Any]:
        return {"id": str(uuid.uuid4()), "code": code, "service": SLUG, **more}

    good = line(code_of(batch))
    lines = [good, good, line(code_of(batch)), line(FALSE), line(code_of(batch, position=2), id="x"), {}, "text"]
    body = sent(till.post("redemptions/batch/", {"redemptions": lines}), 200)
    assert [one["status"] for one in body["results"]] == [201, 200, 409, 404, 400, 400, 400]
    sent(till.post("redemptions/batch/", {"redemptions": []}), 400, "invalid")


def test_showing_and_voiding(till: TestTill, batch: Batch) -> None:
    mine = sent(till.redeem(code_of(batch)), 201)["id"]
    assert sent(till.get(f"redemptions/{mine}/"), 200, method="get")["voided_at"] is None
    sent(till.post(f"redemptions/{mine}/void/"), 201)
    sent(till.post(f"redemptions/{mine}/void/"), 200)
    assert sent(till.get(f"redemptions/{mine}/"), 200, method="get")["voided_at"]
    sent(till.get(f"redemptions/{uuid.uuid4()}/"), 404, "not_found", "get")
    sent(till.post(f"redemptions/{uuid.uuid4()}/void/"), 404, "not_found")
    other = make_till(actor=till.site.actor)
    late = sent(till.redeem(code_of(batch, position=2)), 201)["id"]
    sent(other.post(f"redemptions/{late}/void/"), 409, "void_window_closed")


def test_looking_a_pass_up(till: TestTill, batch: Batch) -> None:
    assert sent(till.get(f"passes/{code_of(batch)}/?service={SLUG}"), 200, method="get")["refusal"] is None
    till.redeem(code_of(batch))
    assert sent(till.get(f"passes/{code_of(batch)}/"), 200, method="get")["refusal"] == "already_redeemed"
    sent(till.get(f"passes/{FALSE}/"), 404, "unknown", "get")
