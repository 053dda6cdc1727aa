"""Real connections at the same instant: an incident is decided once, a stopped till's lines are each answered once, and
a late void comes wholly before or wholly after a settlement's claim."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from actors.models import Claim, Settlement
from actors.settlement.errors import NothingToPay
from actors.settlement.prepare import prepare_settlement
from aptic.accounts.devices import revoke_device
from aptic.errors import DomainError
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Purse, Transfer
from aptic.tenancy.principal import Hat, acting
from passes.held import approve_judgement, prepare_judgement
from passes.incidents.deciding import approve_decision
from passes.incidents.repaying import record_repayment
from passes.models import Held, Incident, Redemption, Void, VoidRequest
from passes.void_requests import approve_void, request_void
from tests.actors.money import Scheme, cents, person
from tests.factories import OPERATOR, make_member
from tests.passes.conflicts import decide, differences, double_spend, fund_guarantee, held, line, prepare
from tests.passes.world import code_of, in_circulation, make_batch, make_till

pytestmark = pytest.mark.pg15
D = Incident.Decision


@pytest.fixture
def scheme(fresh_database: Any) -> Scheme:
    return Scheme()


def outcomes(answers: list[Any]) -> Counter[str]:
    """How many did it, and why the others did not."""
    for one in answers:
        if isinstance(one, BaseException) and not isinstance(one, DomainError):
            raise one
    return Counter(one.code if isinstance(one, DomainError) else "done" for one in answers)


def test_two_approvals_of_one_incident_pay_once(scheme: Scheme, together: Any) -> None:
    fund_guarantee(scheme, 5000)
    opened, people = double_spend(make_till(), make_till(), make_batch()), [person() for _ in range(4)]
    prepare(scheme.first, opened, D.GUARANTEE)

    def work(i: int) -> Any:
        with acting(people[i]):
            return approve_decision(incident=opened, decision=D.GUARANTEE)

    assert outcomes(together(4, work)) == {"done": 1, "not_decidable": 3}
    with acting(OPERATOR):
        guarantee = Purse.objects.get(funder=None)
    assert cents(guarantee, K.GUARANTEE) == 4000
    assert differences() == []


def test_two_incidents_never_share_the_last_euros_of_the_guarantee(scheme: Scheme, together: Any) -> None:
    fund_guarantee(scheme, 1500)
    opened = [double_spend(make_till(), make_till(), make_batch()) for _ in range(3)]  # in three purses
    for one in opened:
        prepare(scheme.first, one, D.GUARANTEE)

    def work(i: int) -> Any:
        with acting(scheme.second):
            return approve_decision(incident=opened[i], decision=D.GUARANTEE)

    assert outcomes(together(3, work)) == {"done": 1, "guarantee_too_small": 2}
    assert differences() == []


def test_one_repayment(scheme: Scheme, together: Any, settings: Any) -> None:
    till, batch = make_till(), make_batch()
    request = late_request(till, batch)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    scheme.prepare()
    with acting(scheme.first):
        opened = approve_void(request=request)
    decide(scheme, opened, D.REPAID)

    def work(i: int) -> Any:
        with acting(scheme.first):
            return record_repayment(incident=opened, bank_reference=f"VIR {i}")

    assert outcomes(together(3, work)) == {"done": 1, "not_decidable": 2}
    assert differences() == []


def late_request(till: Any, batch: Any, position: int = 1) -> VoidRequest:
    """A pass redeemed, and somebody of the actor asking that it be undone."""
    key = till.redeem(code_of(batch, position=position)).json()["id"]
    agent = make_member(till.site.actor, Hat.ACTOR, "agent")
    with acting(agent.principal):
        return request_void(redemption=Redemption.objects.get(pk=key), reason="Erreur.")


def test_uploads_against_a_revocation_answer_each_line_once(fresh_database: Any, together: Any) -> None:
    """Each line is redeemed or held, never both and never lost; the same lines are sent by several requests."""
    till, batch = make_till(), make_batch(booklets=3)
    lines = [line(code_of(batch, n // 10, n % 10 + 1)) for n in range(30)]

    def work(i: int) -> Any:
        if i == 0:
            with acting(OPERATOR):
                return revoke_device(device=till.device)
        part = lines[10 * (i % 3) : 10 * (i % 3) + 10]
        return till.post("redemptions/batch/", {"redemptions": part}).json()["results"]

    stopped, *answers = together(7, work)
    assert not isinstance(stopped, BaseException), stopped
    by_id: dict[str, set[int]] = {}
    for result in (one for part in answers for one in part):
        by_id.setdefault(result["id"], set()).add(result["status"])
    assert len(by_id) == 30
    assert all(statuses <= {200, 201} or statuses == {202} for statuses in by_id.values()), by_id
    with acting(OPERATOR):
        taken = {str(key) for key in Redemption.objects.accepted().values_list("pk", flat=True)}
        waiting = {str(key) for key in Held.objects.values_list("pk", flat=True)}
    assert taken | waiting == set(by_id)
    assert not taken & waiting
    assert in_circulation(batch) == batch.amount_cents - 1000 * len(taken)


def test_a_release_against_the_pass_being_used_elsewhere(scheme: Scheme, together: Any) -> None:
    till, batch, other = make_till(), make_batch(), make_till()
    sent = [line(code_of(batch, position=n)) for n in range(1, 6)]
    with acting(OPERATOR):
        revoke_device(device=till.device)
    till.post("redemptions/batch/", {"redemptions": sent})
    keys = [one["id"] for one in sent]
    with acting(scheme.first):
        prepare_judgement(lines=keys, release=True)

    def work(i: int) -> Any:
        if i == 0:
            with acting(scheme.second):
                return approve_judgement(lines=keys, release=True)
        return [other.redeem(one["code"]).status_code for one in sent]

    judged, statuses = together(2, work)
    assert not isinstance(judged, BaseException), judged
    assert set(statuses) <= {201, 409}
    with acting(OPERATOR):
        assert Redemption.objects.live().count() == 5
        assert Incident.objects.count() == Redemption.objects.filter(offline=True, turn=None).count()
    assert in_circulation(batch) == batch.amount_cents - 5000
    assert differences() == []


def test_two_approvals_of_one_held_line(scheme: Scheme, together: Any) -> None:
    till, batch = make_till(), make_batch()
    sent, people = line(code_of(batch)), [person() for _ in range(3)]
    with acting(OPERATOR):
        revoke_device(device=till.device)
    till.post("redemptions/batch/", {"redemptions": [sent]})
    with acting(scheme.first):
        prepare_judgement(lines=[sent["id"]], release=True)

    def work(i: int) -> Any:
        with acting(people[i]):
            return approve_judgement(lines=[sent["id"]], release=True)

    assert outcomes(together(3, work)) == {"done": 1, "not_decidable": 2}
    assert held(sent["id"]).state == "released"
    assert in_circulation(batch) == batch.amount_cents - 1000


def test_a_late_void_comes_wholly_before_or_wholly_after_the_claim(scheme: Scheme, together: Any) -> None:
    till, batch = make_till(), make_batch()
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    requests = [late_request(till, batch, position) for position in range(1, 7)]
    cutoff = timezone.now()

    def work(i: int) -> Any:
        if i == 0:
            with acting(scheme.first):
                return prepare_settlement(cutoff=cutoff)
        with acting(scheme.second):
            return approve_void(request=requests[i - 1])

    run, *done = together(7, work)
    assert isinstance(run, Settlement | NothingToPay), run
    assert all(isinstance(one, Void | Incident) for one in done), done
    with acting(OPERATOR):
        claimed = set(Claim.objects.filter(transfer__kind="redeem").values_list("transfer__event", flat=True))
        voided = set(Transfer.objects.filter(kind="void").values_list("event", flat=True))
        assert {one.pk for one in done if isinstance(one, Incident)} == claimed
        assert {one.pk for one in done if isinstance(one, Void)} == voided
    assert len(claimed) + len(voided) == 6
    assert isinstance(run, Settlement) == bool(claimed)
    assert differences() == []


def test_a_late_void_waits_for_a_claim_that_has_begun_and_becomes_an_incident(scheme: Scheme) -> None:
    till, batch = make_till(), make_batch()
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    request, answers = late_request(till, batch), []
    begun = threading.Event()

    def approve() -> None:
        begun.wait(30)
        with acting(scheme.second):
            answers.append(approve_void(request=request))
        connection.close()

    other = threading.Thread(target=approve)
    other.start()
    with acting(scheme.first):
        prepare_settlement(cutoff=timezone.now())
        begun.set()
        other.join(0.5)
        assert not answers  # it waits for the actor's row
    other.join(30)
    assert isinstance(answers[0], Incident)


def test_two_approvals_of_one_request(scheme: Scheme, together: Any) -> None:
    till, batch = make_till(), make_batch()
    request, people = late_request(till, batch), [person() for _ in range(3)]

    def work(i: int) -> Any:
        with acting(people[i]):
            return approve_void(request=request)

    assert outcomes(together(3, work)) == {"done": 1, "not_decidable": 2}
    assert in_circulation(batch) == batch.amount_cents
