"""A till that was stopped while it was off line hands in what it did before; two people judge; no line is lost."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from actors.models import Site
from actors.sites import close_site, reopen_site
from aptic.accounts.devices import revoke_device
from aptic.tenancy.principal import Hat, Principal, acting
from passes.conflict_errors import AnotherPersonDecides, NotDecidable, WhyMissing
from passes.held import approve_judgement, prepare_judgement, send_back
from passes.models import Held, Incident, OfflineCeiling, Pass, Redemption
from qualification.suspension import reinstate_actor, suspend_actor
from tests.actors.money import Scheme
from tests.contract.document import check
from tests.factories import OPERATOR, make_operator
from tests.passes.conflicts import differences, held, incident, line, upload
from tests.passes.world import TestTill, code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
S = Held.State


@pytest.fixture
def scheme() -> Scheme:
    return Scheme()


@pytest.fixture
def batch() -> Any:
    return make_batch()


def revoke(till: TestTill) -> None:
    with acting(OPERATOR):
        revoke_device(device=till.device)


def suspend(till: TestTill) -> None:
    with acting(make_operator().principal):
        suspend_actor(actor=till.site.actor, reason="Signalement.")


def close(till: TestTill) -> None:
    with acting(make_operator().principal):
        close_site(site=Site.objects.get(pk=till.site.pk), reason="Sinistre.")


def on_line(sent: dict[str, Any]) -> dict[str, Any]:
    """The same, as a till asks that has a network."""
    return {name: sent[name] for name in ("id", "code", "service")}


def judge(scheme: Scheme, *keys: Any, release: bool = True, reason: str = "") -> list[Any]:
    with acting(scheme.first):
        prepare_judgement(lines=keys, release=release, reason=reason)
    with acting(scheme.second):
        return approve_judgement(lines=keys, release=release)


@pytest.mark.parametrize(("stop", "cause"), [(revoke, "device"), (suspend, "actor"), (close, "site")])
def test_what_was_done_before_the_stop_is_held_and_moves_nothing(batch, stop, cause):
    till, sent = make_till(), line(code_of(batch))
    stop(till)
    answer = till.post("redemptions/batch/", {"redemptions": [sent]})
    (result,) = check(answer, "post")["results"]
    assert (result["status"], result["redemption"]["held"], result["redemption"]["id"]) == (202, True, sent["id"])
    assert result["redemption"]["value_cents"] == 1000
    (again,) = upload(till, sent)
    assert again == result
    row = held(sent["id"])
    assert (row.state, row.cause, row.beyond_ceiling) == (S.WAITING, cause, False)
    assert one_pass(batch).state == Pass.State.OPEN
    assert in_circulation(batch) == batch.amount_cents
    assert differences() == []


def test_what_came_of_a_held_line_is_heard_without_its_code(batch, scheme):
    """A browser has erased the code by then; the tablet that was paired again has a new token."""
    till = make_till()
    kept, gone, lost = (line(code_of(batch, position=n)) for n in (1, 2, 3))
    revoke(till)
    upload(till, kept, gone, lost)
    again, stranger = make_till(actor=till.site.actor), make_till()
    asked = f"redemptions/{kept['id']}/"
    answer = again.get(asked)
    assert (answer.status_code, check(answer, "get")["held"]) == (202, True)
    assert till.get(asked).status_code == 401
    assert stranger.get(asked).status_code == 404
    make_till().redeem(lost["code"])
    judge(scheme, kept["id"], lost["id"])
    judge(scheme, gone["id"], release=False, reason="Sans rendez-vous.")
    assert check(again.get(asked), "get")["voided_at"] is None
    for sent, status, code in ((gone, 422, "site_not_qualified"), (lost, 409, "already_redeemed")):
        answer = again.get(f"redemptions/{sent['id']}/")
        assert (answer.status_code, check(answer, "get")["code"]) == (status, code)
    refused = uuid.uuid4()
    again.redeem(lost["code"], id=str(refused))
    assert again.get(f"redemptions/{refused}/").status_code == 404  # refused at the counter, never held


def test_anything_else_of_a_revoked_device_is_401(batch):
    till = make_till()
    old, late = line(code_of(batch), minutes=30), line(code_of(batch, position=2), minutes=0)
    online = line(code_of(batch, position=3), offline=False, minutes=1)
    revoke(till)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        late["occurred_at"] = (timezone.now() - timedelta(minutes=1)).isoformat()
        online["occurred_at"] = late["occurred_at"]
        assert till.post("redemptions/batch/", {"redemptions": [late, online]}).status_code == 401
        assert till.redeem(code_of(batch)).status_code == 401
        assert till.get(f"passes/{code_of(batch)}/").status_code == 401
        results = upload(till, late, old, online, line("7Q2K9XM4T8WAVN3C"))
    assert [one["status"] for one in results] == [401, 202, 401, 404]
    assert results[0]["problem"]["code"] == "unauthorised"
    with acting(OPERATOR):
        assert (Held.objects.count(), Redemption.objects.count()) == (1, 0)


def test_what_was_answered_before_keeps_its_answer(batch):
    till, sent = make_till(), line(code_of(batch))
    (first,) = upload(till, sent)
    revoke(till)
    (again,) = upload(till, sent)
    assert (first["status"], again["status"]) == (201, 200)
    assert again["redemption"] == first["redemption"]
    with acting(OPERATOR):
        assert not Held.objects.exists()


def test_the_same_id_twice_in_one_call_is_one_held_line(batch):
    till, sent = make_till(), line(code_of(batch))
    other = sent | {"code": code_of(batch, position=2)}
    revoke(till)
    results = upload(till, sent, sent, other)
    assert [one["status"] for one in results] == [202, 202, 422]
    assert results[2]["problem"]["code"] == "id_reused"


@pytest.mark.parametrize("stop", [revoke, suspend])
def test_an_id_of_another_actor_does_not_hold_back_what_is_handed_in(batch, stop):
    till, other = make_till(), make_till()
    first, theirs, last = (line(code_of(batch, position=n)) for n in (1, 2, 3))
    stop(other)
    upload(other, theirs)
    stop(till)
    theirs["code"] = code_of(batch, position=4)
    late = line(code_of(batch, position=5), minutes=0)
    results = upload(till, first, theirs, late, last)
    assert [one["status"] for one in results] == [202, 422, 401 if stop is revoke else 422, 202]
    assert results[1]["problem"]["code"] == "id_reused"
    assert upload(till, first, theirs, late, last) == results
    with acting(OPERATOR):
        assert Held.objects.count() == 3


def test_the_id_of_what_another_actor_has_waiting_is_refused_alone(batch):
    """No redemption bears it yet: PostgreSQL alone knows that two people have not judged it."""
    till, other = make_till(), make_till()
    theirs, mine = line(code_of(batch)), line(code_of(batch, position=2))
    revoke(other)
    upload(other, theirs)
    theirs["code"] = code_of(batch, position=3)
    assert [one["status"] for one in upload(till, theirs, mine)] == [422, 201]
    assert till.post("redemptions/", theirs).json()["code"] == "id_reused"
    assert till.post("redemptions/", on_line(theirs)).json()["code"] == "id_reused"
    last = line(code_of(batch, position=4))
    assert [one["status"] for one in upload(till, on_line(theirs), on_line(last))] == [422, 201]
    assert one_pass(batch, position=3).state == Pass.State.OPEN
    assert differences() == []


def test_the_id_of_a_line_that_waits_takes_nothing_on_line(batch):
    till, sent = make_till(), line(code_of(batch))
    suspend(till)
    upload(till, sent)
    with acting(make_operator().principal):
        reinstate_actor(actor=till.site.actor)
    other = on_line(sent | {"code": code_of(batch, position=2)})
    assert till.post("redemptions/", other).json()["code"] == "id_reused"
    assert till.post("redemptions/", on_line(sent)).status_code == 202
    assert [one_pass(batch, position=n).state for n in (1, 2)] == [Pass.State.OPEN] * 2
    assert held(sent["id"]).state == S.WAITING


@pytest.mark.parametrize("stop", [revoke, suspend])
def test_after_72_hours_the_right_is_over(batch, stop):
    till = make_till()
    stop(till)
    with time_machine.travel(timezone.now() + timedelta(hours=71, minutes=30), tick=True):
        assert upload(till, line(code_of(batch), minutes=71 * 60 + 45))[0]["status"] == 202
    with time_machine.travel(timezone.now() + timedelta(hours=72, minutes=1), tick=True):
        sent = line(code_of(batch, position=2), minutes=72 * 60 - 1)
        answer = till.post("redemptions/batch/", {"redemptions": [sent]})
        if stop is revoke:
            assert answer.status_code == 401
        else:
            assert answer.json()["results"][0]["problem"]["code"] == "site_not_qualified"


def test_what_a_suspended_site_does_after_is_refused_as_before_and_is_the_sites(batch):
    till = make_till()
    suspend(till)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        (result,) = upload(till, line(code_of(batch), minutes=10))
    assert result["problem"]["code"] == "site_not_qualified"
    assert incident(result["id"]).bearer == "site"


def test_beyond_the_ceiling_a_line_is_held_and_says_so(batch):
    till = make_till()
    with acting(OPERATOR):
        OfflineCeiling.objects.update(passes=2)
    sent = [line(code_of(batch, position=n), minutes=60 - n) for n in (1, 2, 3)]
    revoke(till)
    assert [one["status"] for one in upload(till, *sent)] == [202] * 3
    assert [held(one["id"]).beyond_ceiling for one in sent] == [False, False, True]


def test_released_by_two_people_it_is_redeemed_under_its_own_id(scheme, batch):
    till, sent = make_till(), line(code_of(batch))
    suspend(till)
    upload(till, sent)
    with acting(scheme.first):
        prepare_judgement(lines=[sent["id"]], release=True)
    with acting(scheme.first), pytest.raises(AnotherPersonDecides):
        approve_judgement(lines=[sent["id"]], release=True)
    with acting(scheme.second):
        send_back(lines=[sent["id"]])
    (outcome,) = judge(scheme, sent["id"])
    assert outcome.error is None
    assert held(sent["id"]).state == S.RELEASED
    with acting(OPERATOR):
        stored = Redemption.objects.get(pk=sent["id"])
    assert (stored.outcome, stored.offline, stored.device_id) == ("accepted", True, till.device.pk)
    assert stored.occurred_at == held(sent["id"]).occurred_at
    assert in_circulation(batch) == batch.amount_cents - 1000
    (again,) = upload(till, sent)
    assert again["status"] == 200
    assert "held" not in again["redemption"]
    # The site is suspended all the same: nothing else gets in (§4.8).
    assert till.redeem(code_of(batch, position=2)).json()["code"] == "site_not_qualified"
    assert differences() == []


def test_several_lines_are_judged_at_once_and_the_first_help_wins(scheme, batch):
    till = make_till()
    early, late = line(code_of(batch), minutes=50), line(code_of(batch), minutes=40)
    other = line(code_of(batch, position=2))
    revoke(till)
    upload(till, late, early, other)
    outcomes = judge(scheme, late["id"], early["id"], other["id"])
    assert {str(one.attempt.id): getattr(one.error, "code", "") for one in outcomes} == {
        early["id"]: "", late["id"]: "already_redeemed", other["id"]: "",
    }  # fmt: skip
    assert incident(late["id"]).bearer == "site"  # the device knew what it took itself


def test_released_too_late_it_becomes_an_incident_of_the_guarantee(scheme, batch):
    till, sent = make_till(), line(code_of(batch))
    revoke(till)
    upload(till, sent)
    assert make_till().redeem(code_of(batch)).status_code == 201
    (outcome,) = judge(scheme, sent["id"])
    assert outcome.error.code == "already_redeemed"
    assert incident(sent["id"]).bearer == "guarantee"
    assert upload(till, sent)[0]["status"] == 409
    assert differences() == []


def test_refused_it_is_closed_with_a_reason_that_the_actor_reads(scheme, batch):
    till, sent = make_till(), line(code_of(batch))
    revoke(till)
    upload(till, sent)
    with acting(scheme.first), pytest.raises(WhyMissing):
        prepare_judgement(lines=[sent["id"]], release=False)
    judge(scheme, sent["id"], release=False, reason="Aucun rendez-vous ce jour-là.")
    assert upload(till, sent)[0]["problem"]["code"] == "site_not_qualified"
    with acting(Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, role="manager")):
        assert Held.objects.get().reason == "Aucun rendez-vous ce jour-là."
    with acting(OPERATOR):
        assert not Incident.objects.exists()
    with acting(scheme.first), pytest.raises(NotDecidable):
        prepare_judgement(lines=[sent["id"]], release=True)


def test_a_site_that_is_open_again_does_not_redeem_what_is_held(scheme, batch):
    for stop, again in ((suspend, lambda till: reinstate_actor(actor=till.site.actor)),
                        (close, lambda till: reopen_site(site=Site.objects.get(pk=till.site.pk)))):  # fmt: skip
        till, sent = make_till(), line(code_of(batch, position=1 if stop is suspend else 2))
        stop(till)
        upload(till, sent)
        with acting(make_operator().principal):
            again(till)
        assert upload(till, sent)[0]["status"] == 202
        assert till.post("redemptions/", sent).status_code == 202
        assert judge(scheme, sent["id"])[0].error is None


# --- broken on purpose ---------------------------------------------------------------------------------------------


def _stored_as(row: Held, **values: Any) -> Redemption:
    return Redemption(**{
        "id": row.pk, "pass_id": row.pass_id, "turn": 1, "outcome": "accepted", "service_id": row.service_id,
        "site_id": row.site_id, "actor_id": row.actor_id, "funder_id": row.funder_id, "batch_id": row.batch_id,
        "value_cents": row.value_cents, "occurred_at": row.occurred_at, "accounted_at": timezone.now(),
        "offline": True, **values,
    })  # fmt: skip


def test_the_database_redeems_no_held_line_without_two_people(scheme, batch):
    till, sent = make_till(), line(code_of(batch))
    revoke(till)
    upload(till, sent)
    row = held(sent["id"])
    with acting(OPERATOR), pytest.raises(IntegrityError, match="waits for two people"), transaction.atomic():
        _stored_as(row).save(force_insert=True)
    for values in ({"turn": 1}, {"turn": None, "outcome": "expired"}, {"pass_id": row.pass_id + 1}):
        with acting(OPERATOR), pytest.raises(IntegrityError, match="waits for two people"), transaction.atomic():
            _stored_as(row, offline=False, **values).save(force_insert=True)
    with acting(scheme.first):
        prepare_judgement(lines=[row.pk], release=True)
    with acting(OPERATOR):
        with pytest.raises(IntegrityError, match="waits for two people"), transaction.atomic():
            _stored_as(row).save(force_insert=True)
        now, alone = timezone.now(), scheme.first.person_id
        with pytest.raises(IntegrityError, match="held_two_people"), transaction.atomic():
            Held.objects.update(state=S.RELEASED, approved_by=alone, approved_at=now)
        with pytest.raises(IntegrityError, match="held_state_agrees"), transaction.atomic():
            Held.objects.update(state=S.RELEASED)
        with pytest.raises(IntegrityError, match="held_refusal_explained"), transaction.atomic():
            Held.objects.update(release=False)
    judge_refused = Held.objects.filter(pk=row.pk)
    with acting(scheme.second):
        send_back(lines=[row.pk])
    judge(scheme, row.pk, release=False, reason="Non.")
    with acting(OPERATOR), pytest.raises(IntegrityError, match="decided stays decided"), transaction.atomic():
        judge_refused.update(state=S.RELEASED)


def test_a_tenant_judges_nothing_and_nobody_writes_facts(batch):
    till, sent = make_till(), line(code_of(batch))
    revoke(till)
    upload(till, sent)
    with acting(Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, site_id=till.site.pk, role="manager")):
        assert Held.objects.count() == 1
        assert not Held.objects.update(reason="À moi")
        forged = Held.objects.get()
        forged.pk, forged.pass_id = "0d5c5f4e-7a52-4a0e-9c4b-5f0e6d1d8a11", forged.pass_id + 1
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            forged.save(force_insert=True)  # no code was verified here
    with acting(OPERATOR):
        for values in ({"value_cents": 1}, {"occurred_at": timezone.now()}, {"pass_id": 1}):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                Held.objects.update(**values)
