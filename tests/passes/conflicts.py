"""Counters that were off line, and the two people who judge what came of it, for tests of incidents and held lines."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from aptic.ledger.guarantee import confirm_funding, enter_funding
from aptic.ledger.proof import compare
from aptic.tenancy.principal import Principal, acting
from passes.incidents.deciding import approve_decision, prepare_decision
from passes.models import Batch, Held, Incident
from tests.actors.money import Scheme
from tests.factories import OPERATOR
from tests.passes.world import SLUG, TestTill, code_of


def line(code: str, *, minutes: int = 30, offline: bool = True, **more: Any) -> dict[str, Any]:
    """One line of an upload: a pass taken `minutes` ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    return {"id": str(uuid.uuid4()), "code": code, "service": SLUG, "offline": offline,
            "occurred_at": at.isoformat(), **more}  # fmt: skip


def upload(till: TestTill, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of an upload."""
    answer = till.post("redemptions/batch/", {"redemptions": list(lines)})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def double_spend(first: TestTill, second: TestTill, batch: Batch, position: int = 1) -> Incident:
    """A pass taken on line by one counter and, off line, by another, which hears of it later."""
    assert first.redeem(code_of(batch, position=position)).status_code == 201
    (result,) = upload(second, line(code_of(batch, position=position)))
    assert result["status"] == 409
    return incident(result["id"])


def incident(key: Any) -> Incident:
    """The row, as the operator sees it."""
    with acting(OPERATOR):
        return Incident.objects.select_related("redemption", "purse").get(pk=key)


def held(key: Any) -> Held:
    """The row, as the operator sees it."""
    with acting(OPERATOR):
        return Held.objects.get(pk=key)


def fund_guarantee(scheme: Scheme, cents: int) -> None:
    """Money put into the guarantee by one person, confirmed by another."""
    with acting(scheme.first):
        funding = enter_funding(amount_cents=cents, bank_reference=uuid.uuid4().hex, received_on=timezone.localdate())
    with acting(scheme.second):
        confirm_funding(funding=funding)


def decide(scheme: Scheme, one: Incident, decision: str, note: str = "") -> Incident:
    """Prepared by one person, approved by another."""
    prepare(scheme.first, one, decision, note)
    with acting(scheme.second):
        approve_decision(incident=one, decision=decision)
    return incident(one.pk)


def prepare(person: Principal, one: Incident, decision: str, note: str = "") -> None:
    """Prepared, not yet approved."""
    with acting(person):
        prepare_decision(incident=one, decision=decision, note=note)


def differences() -> list[str]:
    """What the proof finds; nothing, unless a test tampers."""
    with acting(OPERATOR):
        return [str(one) for one in compare()[1]]
