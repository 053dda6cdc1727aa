"""POST /api/v1/redemptions/{id}/void/: undone once, by the same device, within fifteen minutes."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from passes.models import Pass
from tests.passes.world import code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def test_voiding_gives_the_pass_and_the_money_back_once() -> None:
    till, batch = make_till(), make_batch()
    before = in_circulation(batch)
    redemption = till.redeem(code_of(batch)).json()["id"]
    assert till.post(f"redemptions/{redemption}/void/").status_code == 201
    assert till.post(f"redemptions/{redemption}/void/").status_code == 200
    assert one_pass(batch).state == Pass.State.OPEN
    assert in_circulation(batch) == before
    shown = till.get(f"redemptions/{redemption}/").json()
    assert shown["voided_at"]


def test_a_voided_pass_may_be_used_again_as_its_second_turn() -> None:
    till, batch = make_till(), make_batch()
    first = till.redeem(code_of(batch)).json()["id"]
    till.post(f"redemptions/{first}/void/")
    assert till.redeem(code_of(batch)).status_code == 201
    assert one_pass(batch).turn == 2


def test_after_the_window_or_from_another_device_it_is_refused() -> None:
    till, batch = make_till(), make_batch()
    redemption = till.redeem(code_of(batch)).json()["id"]
    other = make_till(actor=till.site.actor)
    assert other.post(f"redemptions/{redemption}/void/").json()["code"] == "void_window_closed"
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        answer = till.post(f"redemptions/{redemption}/void/")
    assert (answer.status_code, answer.json()["code"]) == (409, "void_window_closed")


def test_an_unknown_or_foreign_redemption_answers_404() -> None:
    till, batch = make_till(), make_batch()
    redemption = till.redeem(code_of(batch)).json()["id"]
    assert make_till().post(f"redemptions/{redemption}/void/").status_code == 404
    assert make_till().get(f"redemptions/{redemption}/").status_code == 404
    assert till.post(f"redemptions/{uuid.uuid4()}/void/").status_code == 404
