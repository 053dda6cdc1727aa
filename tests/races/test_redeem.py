"""Real connections at the same instant: one pass is taken once, and a suspension is never overtaken."""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from actors.models import Actor
from aptic.tenancy.principal import acting
from passes.models import Redemption
from tests.factories import OPERATOR
from tests.passes.world import SLUG, code_of, in_circulation, make_batch, make_till

pytestmark = pytest.mark.pg15


def test_fifty_tills_on_one_pass(fresh_database: Any, together: Any) -> None:
    batch = make_batch()
    tills = [make_till() for _ in range(50)]
    answers = together(50, lambda i: tills[i].redeem(code_of(batch)).status_code)
    assert Counter(answers) == {201: 1, 409: 49}


def test_one_id_sent_many_times_at_once_has_one_answer(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch()
    same = {"id": str(uuid.uuid4())}
    answers = together(12, lambda i: till.redeem(code_of(batch), **same))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 11}
    assert len({answer.content for answer in answers}) == 1


def test_one_id_for_many_passes_at_once_takes_one(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch()
    same = {"id": str(uuid.uuid4())}
    answers = together(8, lambda i: till.redeem(code_of(batch, position=i + 1), **same).status_code)
    assert Counter(answers) == {201: 1, 422: 7}


def test_void_against_void_gives_the_money_back_once(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch()
    redemption = till.redeem(code_of(batch)).json()["id"]
    answers = together(10, lambda i: till.post(f"redemptions/{redemption}/void/").status_code)
    assert Counter(answers) == {201: 1, 200: 9}


def test_two_workshops_with_the_same_passes_in_reverse_order(fresh_database: Any, together: Any) -> None:
    batch, tills = make_batch(booklets=5), [make_till(), make_till()]
    wanted = [code_of(batch, n // 10, n % 10 + 1) for n in range(50)]

    def work(i: int) -> list[int]:
        chosen = wanted if i == 0 else wanted[::-1]
        lines = [
            {"id": str(uuid.uuid4()), "code": code, "service": "aide-aux-demarches-administratives"} for code in chosen
        ]
        return [r["status"] for r in tills[i].post("redemptions/batch/", {"redemptions": lines}).json()["results"]]

    first, second = together(2, work)
    assert Counter(first + second) == {201: 50, 409: 50}


def test_an_id_that_two_actors_send_at_once_spares_the_lines_beside_it(fresh_database: Any, together: Any) -> None:
    batch, tills, same = make_batch(booklets=4), [make_till() for _ in range(4)], str(uuid.uuid4())

    def work(i: int) -> list[int]:
        lines = [{"id": str(uuid.uuid4()), "code": code_of(batch, i, n), "service": SLUG} for n in range(1, 11)]
        lines[5]["id"] = same
        return [r["status"] for r in tills[i].post("redemptions/batch/", {"redemptions": lines}).json()["results"]]

    answers = together(4, work)
    assert Counter(answer.pop(5) for answer in answers) == {201: 1, 422: 3}
    assert answers == [[201] * 9] * 4
    assert in_circulation(batch) == batch.amount_cents - 37_000


def test_no_redemption_commits_after_a_suspension_has(fresh_database: Any, together: Any) -> None:
    """Tills and a suspension race; every accepted redemption was recorded before the suspension committed."""
    till, batch = make_till(), make_batch(booklets=4)
    codes = [code_of(batch, n // 10, n % 10 + 1) for n in range(40)]

    def work(i: int) -> Any:
        if i == 0:
            with acting(OPERATOR), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(10, hashtext(%s))", [str(till.site.pk)])
                Actor.objects.filter(pk=till.site.actor_id).update(state="suspended", suspended_at=timezone.now())
                cursor.execute("SELECT clock_timestamp()")
                return cursor.fetchone()[0]
        return [till.redeem(code).status_code for code in codes[(i - 1) * 10 : i * 10]]

    suspended_at, *_ = together(5, work)
    with acting(OPERATOR):
        accepted = Redemption.objects.accepted()
        assert not accepted.filter(recorded_at__gt=suspended_at).exists()
    assert till.redeem(code_of(batch, 3, 10)).status_code in {409, 422}


def test_redeem_against_void_leaves_at_most_one_live_redemption(fresh_database: Any, together: Any) -> None:
    """A till undoes its redemption while others take the same pass: each answer fits one order of events."""
    till, batch = make_till(), make_batch()
    others, code = [make_till() for _ in range(5)], code_of(batch)
    first = till.redeem(code).json()["id"]

    def work(i: int) -> int:
        return till.post(f"redemptions/{first}/void/").status_code if i == 0 else others[i - 1].redeem(code).status_code

    voided, *taken = together(6, work)
    assert voided == 201
    assert Counter(taken) in ({201: 1, 409: 4}, {409: 5})
    with acting(OPERATOR):
        assert Redemption.objects.live().count() == taken.count(201)
    assert in_circulation(batch) == batch.amount_cents - 1000 * taken.count(201)
