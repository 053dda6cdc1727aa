"""POST /api/v1/redemptions/: the contract of design §8, line by line."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aptic.tenancy.principal import acting
from passes.models import Batch, Pass, Redemption
from tests.factories import OPERATOR
from tests.passes.world import SLUG, TestTill, code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def test_the_first_time_answers_201_with_what_was_taken() -> None:
    till, batch = make_till(), make_batch()
    before = in_circulation(batch)
    answer = till.redeem(code_of(batch))
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"id", "pass", "value_cents", "service", "site", "occurred_at", "recorded_at"}
    assert (body["pass"], body["value_cents"], body["service"]) == (code_of(batch)[:7], 1000, SLUG)
    assert body["site"] == str(till.site.pk)
    assert one_pass(batch).state == Pass.State.REDEEMED
    assert in_circulation(batch) == before - 1000


def test_a_repeat_answers_200_with_the_same_body_even_after_a_void() -> None:
    till, batch = make_till(), make_batch()
    same = {"id": str(uuid.uuid4())}
    first = till.redeem(code_of(batch), **same)
    again = till.redeem(code_of(batch), **same)
    assert (again.status_code, again.json()) == (200, first.json())
    assert till.post(f"redemptions/{same['id']}/void/").status_code == 201
    after = till.redeem(code_of(batch), **same)
    assert (after.status_code, after.json()) == (200, first.json())
    assert one_pass(batch).state == Pass.State.OPEN


def test_the_same_id_for_another_pass_site_or_service_is_refused() -> None:
    till, batch = make_till(), make_batch()
    same = {"id": str(uuid.uuid4())}
    till.redeem(code_of(batch), **same)
    for answer in (
        till.redeem(code_of(batch, position=2), **same),
        till.redeem(code_of(batch), **same | {"service": "parentalite-et-education-avec-le-numerique"}),
        make_till(actor=till.site.actor).redeem(code_of(batch), **same),
        make_till().redeem(code_of(batch, position=3), **same),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "id_reused")
    assert one_pass(batch, position=2).state == one_pass(batch, position=3).state == Pass.State.OPEN


def test_a_used_pass_answers_409_and_the_refusal_is_stored_and_replayed() -> None:
    till, batch = make_till(), make_batch()
    till.redeem(code_of(batch))
    same = {"id": str(uuid.uuid4())}
    first, again = till.redeem(code_of(batch), **same), till.redeem(code_of(batch), **same)
    assert (first.status_code, first.json()["code"]) == (409, "already_redeemed")
    assert again.json() == first.json()
    with acting(OPERATOR):
        assert Redemption.objects.get(pk=same["id"]).outcome == "already_redeemed"


def _forged(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "2")


@pytest.mark.parametrize("damage", [_forged, lambda code: code[:12], lambda code: "?" * 16])
def test_a_forged_or_truncated_code_is_unknown_and_stores_nothing(damage: Callable[[str], str]) -> None:
    till, batch = make_till(), make_batch()
    same = {"id": str(uuid.uuid4())}
    answer = till.redeem(damage(code_of(batch)), **same)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    assert answer["Content-Type"] == "application/problem+json"
    assert till.redeem(code_of(batch), **same).status_code == 201


def test_lower_case_and_lookalikes_are_read() -> None:
    till, batch = make_till(), make_batch()
    typed = code_of(batch).lower().replace("0", "O").replace("1", "i")
    assert till.redeem(typed).status_code == 201


def test_the_cover_never_redeems() -> None:
    till, batch = make_till(), make_batch()
    assert till.redeem(code_of(batch, position=0)).json()["code"] == "unknown"


def test_no_token_a_false_token_and_a_revoked_device_answer_401() -> None:
    till, batch = make_till(), make_batch()
    body = {"id": str(uuid.uuid4()), "code": code_of(batch), "service": SLUG}
    assert till.client.post("/api/v1/redemptions/", body, content_type="application/json").status_code == 401
    with acting(OPERATOR):
        type(till.device).objects.filter(pk=till.device.pk).update(revoked_at=timezone.now())
    assert till.redeem(code_of(batch)).status_code == 401
    till.token = "apd_nobody"
    assert till.redeem(code_of(batch)).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"service": "inconnu"},
        {"code": 5},
        {"occurred_at": "hier"},
        {"occurred_at": "2020-01-01T10:00:00Z"},
        {"offline": "oui"},
        {"surprise": 1},
    ],
)
def test_a_malformed_line_answers_400_and_says_what_is_wrong(change: dict) -> None:
    till, batch = make_till(), make_batch()
    line = {"id": str(uuid.uuid4()), "code": code_of(batch), "service": SLUG}
    answer = till.post("redemptions/", line | change)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"]


def _refused(till: TestTill, batch: Batch) -> str:
    return till.redeem(code_of(batch)).json().get("code", "accepted")


def test_each_condition_has_its_refusal() -> None:
    till = make_till()
    now = timezone.now()
    assert _refused(till, make_batch(active=False)) == "not_active"
    assert _refused(till, make_batch(needs_hand_out=True)) == "not_handed_out"
    assert _refused(till, make_batch(services=[3])) == "service_not_covered"
    assert _refused(till, make_batch(territories=["departement:75"])) == "territory_not_covered"
    assert _refused(till, make_batch(territories=["departement:33"])) == "accepted"
    past = make_batch()
    with acting(OPERATOR):
        Batch.objects.filter(pk=past.pk).update(valid_from=now - timedelta(9), valid_until=now - timedelta(1))
    assert _refused(till, past) == "expired"
    blocked = make_batch()
    with acting(OPERATOR):
        Pass.objects.filter(batch=blocked).update(state=Pass.State.BLOCKED)
    assert _refused(till, blocked) == "blocked"
    restricted = make_batch()
    with acting(OPERATOR):
        type(restricted.campaign).objects.filter(pk=restricted.campaign_id).update(restricts_sites=True)
    assert _refused(till, restricted) == "site_not_covered"


def test_the_daily_limit_counts_the_booklet() -> None:
    till, batch = make_till(), make_batch(passes_per_day=2)
    answers = [till.redeem(code_of(batch, position=position)) for position in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[2].json()["code"] == "limit_reached"
    assert till.redeem(code_of(batch, booklet=1)).status_code == 201


def test_a_suspended_actor_is_refused_at_once() -> None:
    till, batch = make_till(), make_batch()
    with acting(OPERATOR):
        type(till.site.actor.actor).objects.filter(pk=till.site.actor_id).update(
            state="suspended", suspended_at=timezone.now()
        )
    assert _refused(till, batch) == "site_not_qualified"


def test_simulating_writes_nothing() -> None:
    till, batch = make_till(), make_batch()
    answer = till.redeem(code_of(batch), simulate=True)
    assert (answer.status_code, answer.json()["value_cents"]) == (200, 1000)
    assert one_pass(batch).state == Pass.State.OPEN
    with acting(OPERATOR):
        assert not Redemption.objects.filter(batch=batch).exists()


def test_redeeming_takes_two_statements() -> None:
    till, batch = make_till(), make_batch()
    till.redeem(code_of(batch))
    with CaptureQueriesContext(connection) as queries:
        assert till.redeem(code_of(batch, position=2)).status_code == 201
    spoken = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(spoken) == 2, spoken
