"""POST /api/v1/redemptions/batch/: each line gets the status it would have got alone, in the order sent."""

import uuid
from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passes.models import Pass
from tests.passes.world import SLUG, code_of, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def _line(code: str, **more: object) -> dict:
    return {"id": str(uuid.uuid4()), "code": code, "service": SLUG, **more}


def test_two_hundred_lines_are_redeemed_and_a_repeat_gives_the_same_answers() -> None:
    till, batch = make_till(), make_batch(booklets=20)
    lines = [_line(code_of(batch, n // 10, n % 10 + 1)) for n in range(200)]
    first = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in first] == [201] * 200
    assert [result["id"] for result in first] == [line["id"] for line in lines]
    again = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in again] == [200] * 200
    assert [result["redemption"] for result in again] == [result["redemption"] for result in first]


def test_a_pass_named_twice_is_taken_by_the_first() -> None:
    till, batch = make_till(), make_batch()
    lines = [_line(code_of(batch)), _line(code_of(batch)), _line(code_of(batch, position=2))]
    results = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in results] == [201, 409, 201]


def test_the_same_line_twice_is_a_repeat() -> None:
    till, batch = make_till(), make_batch()
    line = _line(code_of(batch))
    results = till.post("redemptions/batch/", {"redemptions": [line, line]}).json()["results"]
    assert sorted(result["status"] for result in results) == [200, 201]


def test_bad_lines_do_not_hurt_good_ones() -> None:
    till, batch = make_till(), make_batch()
    lines = [_line("forged"), _line(code_of(batch)), {"id": "x"}, 7, _line(code_of(batch, position=2), surprise=1)]
    results = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in results] == [404, 201, 400, 400, 400]


def test_an_id_of_another_actor_is_refused_alone() -> None:
    """It is invisible here, so that only the primary key tells; the lines beside it get what they would have alone."""
    till, batch = make_till(), make_batch(passes_per_day=4)
    foreign = make_till().redeem(code_of(batch, booklet=1)).json()["id"]
    make_till().redeem(code_of(batch, position=6))
    lines = [_line(code_of(batch, position=n)) for n in (1, 2, 3, 6)]
    lines[1]["id"] = foreign
    lines += [
        _line("forged"),
        {"id": "x"},
        lines[0],
        _line(code_of(batch, position=4)),
        _line(code_of(batch, position=2)),
    ]
    results = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 201, 409, 404, 400, 200, 201, 422]
    assert [results[n]["problem"]["code"] for n in (1, 8)] == ["id_reused", "limit_reached"]
    assert results[0]["redemption"] == results[6]["redemption"]
    again = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in again] == [200, 422, 200, 409, 404, 400, 200, 200, 422]
    assert [result.get("redemption") for result in again] == [result.get("redemption") for result in results]
    assert one_pass(batch, position=2).state == Pass.State.OPEN


def test_a_batch_of_nothing_but_an_id_of_another_actor_has_its_line() -> None:
    till, batch = make_till(), make_batch()
    foreign = make_till().redeem(code_of(batch)).json()["id"]
    line = _line(code_of(batch, position=2), id=foreign)
    (result,) = till.post("redemptions/batch/", {"redemptions": [line]}).json()["results"]
    assert (result["status"], result["problem"]["code"]) == (422, "id_reused")


def test_many_lines_take_two_statements() -> None:
    till, batch = make_till(), make_batch()
    till.redeem(code_of(batch))
    lines = [_line(code_of(batch, position=n)) for n in range(2, 10)]
    with CaptureQueriesContext(connection) as queries:
        assert till.post("redemptions/batch/", {"redemptions": lines}).status_code == 200
    assert len([query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]) == 2


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00+14:00", "2019-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("offline", [True, False])
def test_an_impossible_instant_is_a_bad_line(far: str, offline: bool) -> None:
    till, batch = make_till(), make_batch()
    far_line = _line(code_of(batch), offline=offline, occurred_at=far)
    results = till.post("redemptions/batch/", {"redemptions": [far_line, _line(code_of(batch))]}).json()["results"]
    assert [result["status"] for result in results] == [400, 201]
    answer = till.post("redemptions/", far_line)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "occurred_at" in answer.json()["detail"]


def test_a_time_zone_that_only_python_knows_is_read() -> None:
    """And a repeat has the same body, whatever the time zone it was sent in."""
    till, batch = make_till(), make_batch()
    for position, hours in enumerate((23, -16, 1), 1):
        zone = timezone(timedelta(hours=hours, minutes=30))
        line = _line(code_of(batch, position=position), offline=True, occurred_at=datetime.now(zone).isoformat())
        first, again = (till.post("redemptions/batch/", {"redemptions": [line]}).json()["results"][0] for _ in "12")
        assert (first["status"], again["status"]) == (201, 200)
        assert first["redemption"] == again["redemption"]
        assert first["redemption"]["occurred_at"].endswith("Z")


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_number_that_json_cannot_say_back_is_no_json(number: str) -> None:
    """It would come back as the id of its line, and nobody could read the answer."""
    answer = make_till().post("redemptions/batch/", f'{{"redemptions": [{{"id": {number}}}]}}')
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_daily_limit_holds_within_one_call() -> None:
    till, batch = make_till(), make_batch(passes_per_day=2)
    lines = [_line(code_of(batch, position=position)) for position in (1, 2, 3, 4)]
    results = till.post("redemptions/batch/", {"redemptions": lines}).json()["results"]
    assert [result["status"] for result in results] == [201, 201, 422, 422]


@pytest.mark.parametrize("body", [{}, {"redemptions": []}, {"redemptions": [1] * 201}, {"redemptions": "x"}])
def test_a_call_of_another_form_answers_400(body: dict) -> None:
    assert make_till().post("redemptions/batch/", body).status_code == 400
