"""Consents and plans in a crowd: one consent at a time, gone when withdrawn; one plan, none on a lost territory."""

from typing import Any

import pytest

from aptic.audit.models import Event
from aptic.tenancy.principal import acting
from qualification import consents, errors, hubs, plans
from qualification.models import Consent, HubCampaign, Plan, PlanTask
from qualification.plan_rules import ASKED_BY_GAP, proposals
from tests.factories import OPERATOR, make_funder, make_member, make_operator
from tests.qualification.hubs import begin, bought, make_hub, remit_of
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15
CROWD = 6


def test_managers_who_consent_at_once_give_one_consent(fresh_database: Any, together: Any) -> None:
    funder, hub = make_funder(), make_hub()
    bought(funder)
    remit = remit_of(hub)
    people = [funder, *(make_member(funder.organisation, funder.principal.hat) for _ in range(CROWD - 1))]

    def give(i: int) -> Any:
        with acting(people[i].principal):
            return consents.give_consent(remit=remit, organisation=funder.organisation).pk

    given = together(CROWD, give)
    assert len(set(given)) == 1, given
    with acting(funder.principal):
        assert Consent.objects.count() == 1


def test_whatever_the_order_a_withdrawal_is_the_last_word(fresh_database: Any, together: Any) -> None:
    """Some give and some withdraw; then one withdraws: no amount is left, and every row is whole."""
    funder, hub = make_funder(), make_hub()
    bought(funder)
    remit = remit_of(hub)

    def turn(i: int) -> Any:
        with acting(funder.principal):
            if i % 2:
                return consents.withdraw_consent(remit=remit, organisation=funder.organisation)
            return consents.give_consent(remit=remit, organisation=funder.organisation).pk

    failed = [one for one in together(CROWD, turn) if isinstance(one, BaseException)]
    assert failed == []
    with acting(funder.principal):
        consents.withdraw_consent(remit=remit, organisation=funder.organisation)
        assert not Consent.objects.filter(withdrawn_at=None).exists()
    with acting(hub.principal):
        assert not HubCampaign.objects.filter(issued_cents__isnull=False).exists()


def test_a_consent_that_waits_for_a_territory_taken_back_is_refused_in_words(
    fresh_database: Any, together: Any
) -> None:
    funder, hub, operator = make_funder(), make_hub(), make_operator()
    bought(funder)
    remit = remit_of(hub)

    def take_back() -> None:
        with acting(operator.principal):
            hubs.withdraw_territory(remit=remit)

    def give() -> Any:
        with acting(funder.principal):
            return consents.give_consent(remit=remit, organisation=funder.organisation)

    taken, refused = overlapped(fresh_database, together, take_back, give)
    assert taken is None
    assert isinstance(refused, errors.NotRead), refused
    with acting(funder.principal):
        assert not Consent.objects.exists()


def test_a_plan_is_begun_once_and_never_on_a_territory_that_was_taken_back(fresh_database: Any, together: Any) -> None:
    hub, operator = make_hub(), make_operator()
    remit = remit_of(hub)

    def work(i: int) -> Any:
        if i == 0:
            with acting(operator.principal):
                return hubs.withdraw_territory(remit=remit)
        with acting(hub.principal):
            return plans.begin_plan(remit=remit)

    outcomes = together(CROWD, work)
    begun = [one for one in outcomes if isinstance(one, Plan)]
    assert outcomes[0] is None, outcomes
    assert len(begun) <= 1
    assert all(isinstance(one, errors.PlanAlreadyOpen | errors.NoRemit | Plan) for one in outcomes[1:]), outcomes
    with acting(OPERATOR):
        assert not Plan.objects.live().exists()


def test_tasks_proposed_by_two_people_stand_once(fresh_database: Any, together: Any) -> None:
    hub = make_hub()
    plan = begin(hub)
    wanted = plans_of_everything()

    def propose(i: int) -> Any:
        with acting(hub.principal):
            return plans.propose_tasks(plan=plan, proposals=wanted)

    assert sum(together(CROWD, propose)) == len(wanted)
    with acting(hub.principal):
        assert PlanTask.objects.count() == len(wanted)


def test_a_task_that_was_taken_off_meanwhile_is_not_written(fresh_database: Any, together: Any) -> None:
    hub = make_hub()
    plan = begin(hub)
    with acting(hub.principal):
        key = plans.add_task(plan=plan, step="actors", text="Ouvrir une tournée").pk

    def take_off() -> None:
        with acting(hub.principal):
            plans.remove_task(task=PlanTask.objects.get(pk=key))

    def write() -> Any:
        with acting(hub.principal):
            mine = PlanTask.objects.select_related("plan").get(pk=key)
            return plans.edit_task(task=mine, step="actors", text="Ouvrir deux tournées", who="", due_on=None)

    done, said = overlapped(fresh_database, together, take_off, write)
    assert done is None
    assert isinstance(said, errors.TaskTakenOff), said
    with acting(hub.principal):
        assert not PlanTask.objects.exists()


def test_a_task_is_taken_off_once(fresh_database: Any, together: Any) -> None:
    hub = make_hub()
    plan = begin(hub)
    with acting(hub.principal):
        task = plans.add_task(plan=plan, step="actors", text="Ouvrir une tournée")

    def take_off(_: int) -> Any:
        with acting(hub.principal):
            return plans.remove_task(task=PlanTask(pk=task.pk, plan=plan, hub_id=plan.hub_id))

    assert together(CROWD, take_off) == [None] * CROWD
    with acting(hub.principal):
        assert Event.objects.filter(verb="plan_task_removed").count() == 1


def plans_of_everything() -> list[Any]:
    return proposals([(code, code) for code in ASKED_BY_GAP], campaigns=0)
