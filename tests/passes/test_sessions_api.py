"""Sessions by the API: opened once under one id, closed once, and held against the document."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from aptic.tenancy.principal import acting
from passes.models import Redemption, Session
from tests.contract.document import check
from tests.factories import OPERATOR
from tests.passes.world import SLUG, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


def wanted(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "service": SLUG, "minutes": 120, **more}


def sent(response: Any, status: int, code: str = "") -> Any:
    assert response.status_code == status, response.content
    body = check(response, "post")
    assert body.get("code", "") == code
    return body


def test_opened_filled_and_closed(till):
    asked = wanted(kind="individual", mode="remote")
    first = sent(till.post("sessions/", asked), 201)
    assert sent(till.post("sessions/", asked), 200) == first
    assert (first["held_on"], first["closed_at"]) == (timezone.localdate().isoformat(), None)
    assert till.redeem(code_of(make_batch()), session=asked["id"]).status_code == 201
    closed = sent(till.post(f"sessions/{asked['id']}/close/"), 200)
    assert sent(till.post(f"sessions/{asked['id']}/close/"), 200) == closed
    assert closed["closed_at"]
    with acting(OPERATOR):
        assert str(Redemption.objects.get().session) == asked["id"]
        assert Session.objects.get().opened_on_device == till.device.pk


def test_a_repeat_after_midnight_is_a_repeat(till):
    """Its answer was lost at 23:59:58; without a day of its own it meant the day of the first request."""
    asked = wanted()
    with time_machine.travel(datetime(2027, 3, 31, 23, 59, 58, tzinfo=PARIS), tick=False):
        first = sent(till.post("sessions/", asked), 201)
    with time_machine.travel(datetime(2027, 4, 1, 0, 0, 5, tzinfo=PARIS), tick=False):
        assert sent(till.post("sessions/", asked), 200) == first
        assert sent(till.post("sessions/", asked | {"held_on": "2027-03-31"}), 200) == first
        sent(till.post("sessions/", asked | {"held_on": "2027-04-01"}), 422, "id_reused")
    assert first["held_on"] == "2027-03-31"


def test_an_id_is_bound_to_one_session(till):
    asked = wanted()
    sent(till.post("sessions/", asked), 201)
    sent(till.post("sessions/", {**asked, "minutes": 60}), 422, "id_reused")
    for other in (make_till(), make_till(actor=till.site.actor)):
        sent(other.post("sessions/", asked), 422, "id_reused")
        sent(other.post(f"sessions/{asked['id']}/close/"), 404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x"}, {"id": None}, {"service": "inconnu"}, {"service": 7}, {"minutes": "120"}, {"minutes": True},
        {"minutes": 5}, {"minutes": 601}, {"kind": "crowd"}, {"kind": []}, {"mode": "moon"}, {"held_on": "hier"},
        {"held_on": 3}, {"held_on": "2026-02-31"}, {"held_on": "0000-01-01"}, {"more": 1},
    ],
)  # fmt: skip
def test_400(till, wrong):
    sent(till.post("sessions/", wanted(**wrong)), 400, "invalid")
    with acting(OPERATOR):
        assert not Session.objects.exists()


def test_401_and_another_week(till):
    late = (timezone.localdate() + timedelta(days=8)).isoformat()
    for day in (late, "0001-01-01", "9999-12-31"):
        sent(till.post("sessions/", wanted(held_on=day)), 422, "session_day")
    till.token = "apd_dead"
    sent(till.post("sessions/", wanted()), 401, till.post("sessions/", wanted()).json()["code"])
