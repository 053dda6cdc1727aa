"""The plan of a territory: one at a time, four steps, tasks ticked and unticked, closed for good."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, acting
from impact.coverage_rules import GAPS
from qualification import errors, plan_rules, plans
from qualification.models import Plan, PlanTask
from tests.factories import OPERATOR, make_member, make_operator
from tests.qualification.hubs import begin, make_hub, remit_of, soon, touched

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
TODAY = date(2026, 11, 30)


@pytest.fixture
def hub():
    return make_hub()


@pytest.fixture
def plan(hub):
    return begin(hub)


def refuses(error, work, *args, **kwargs):
    with pytest.raises(error), transaction.atomic():
        work(*args, **kwargs)


def test_a_plan_is_begun_written_and_closed(hub, plan):
    with acting(hub.principal):
        refuses(errors.PlanAlreadyOpen, plans.begin_plan, remit=remit_of(hub))
        plans.edit_plan(plan=plan, diagnosis=" Le Médoc est loin. ", aimed_on=soon())
        plans.set_reached(plan=plan, on=TODAY)
        kept = plans.live_plan(remit_of(hub))
        assert (kept.diagnosis, kept.aimed_on, kept.reached_on) == ("Le Médoc est loin.", soon(), TODAY)
        plans.end_plan(plan=plan)
        assert plans.live_plan(remit_of(hub)) is None
        refuses(errors.PlanClosed, plans.edit_plan, plan=plan, diagnosis="", aimed_on=None)
        refuses(errors.PlanClosed, plans.add_task, plan=plan, step="actors", text="Trop tard")
        second = plans.begin_plan(remit=remit_of(hub))
        assert Plan.objects.count() == 2
        assert second.pk != plan.pk


def test_a_task_says_who_does_it_until_when_and_who_did_it(hub, plan):
    at = timezone.now()
    with acting(hub.principal):
        task = plans.add_task(plan=plan, step="actors", text=" Ouvrir une tournée ", who="Le Fil", due_on=soon())
        plans.mark_task(task=task, done=True, at=at)
        other = make_member(hub.organisation, Hat.HUB, Role.AGENT)
    with acting(other.principal):
        plans.mark_task(task=task, done=True)  # a repeat keeps who did it first
        task.refresh_from_db()
        assert (task.text, task.done, task.marked_at, task.marked_by) == ("Ouvrir une tournée", True, at, hub.user.pk)
        plans.mark_task(task=task, done=False)
        task.refresh_from_db()
        assert (task.done, task.marked_by) == (False, other.user.pk)
        plans.edit_task(task=task, step="opening", text="Annoncer", who="", due_on=None, note="Vite")
        plans.remove_task(task=task)
        assert not PlanTask.objects.exists()
    with acting(hub.principal):
        verbs = Event.objects.filter(object_type="qualification.plantask").order_by("id").values_list("verb", flat=True)
        assert list(verbs) == [
            "plan_task_added", "plan_task_done", "plan_task_undone", "plan_task_edited", "plan_task_removed",
        ]  # fmt: skip


def test_proposals_are_added_once(hub, plan):
    wanted = plan_rules.proposals([("near", "30 % des habitants"), ("hours", "0 lieu sur 3")], campaigns=0)
    with acting(hub.principal):
        assert plans.propose_tasks(plan=plan, proposals=wanted) == 5
        assert plans.propose_tasks(plan=plan, proposals=wanted) == 0
        assert PlanTask.objects.get(gap="near").note == "30 % des habitants"
        plans.remove_task(task=PlanTask.objects.get(gap="hours"))
        assert plans.propose_tasks(plan=plan, proposals=wanted) == 1
        plans.mark_task(task=PlanTask.objects.get(gap="near"), done=True)
        assert PlanTask.objects.counted() == {
            "diagnosis": (0, 1), "actors": (1, 1), "funders": (0, 1), "opening": (0, 2),
        }  # fmt: skip


def test_only_its_hub_writes_a_plan(hub, plan):
    reader = make_member(hub.organisation, Hat.HUB, Role.FINANCE)
    for who in (reader, make_hub("departement:33"), make_operator()):
        with acting(who.principal):
            refuses(NotAllowed, plans.add_task, plan=plan, step="actors", text="Autre")
            refuses(NotAllowed, plans.edit_plan, plan=plan, diagnosis="", aimed_on=None)
    with acting(hub.principal):
        refuses(errors.TaskWithoutText, plans.add_task, plan=plan, step="actors", text="  ")


def test_the_database_holds_the_plan_together(hub, plan):
    other = make_hub("epci:243300316")
    theirs = begin(other)
    with acting(hub.principal):
        task = plans.add_task(plan=plan, step="actors", text="Ouvrir une tournée")
        values = {"step": "actors", "text": "X", "created_at": timezone.now()}
        refuses(IntegrityError, PlanTask.objects.create, plan_id=theirs.pk, hub=hub.organisation, **values)
        refuses(IntegrityError, PlanTask.objects.create, plan=plan, hub=hub.organisation, **{**values, "step": "autre"})
        refuses(IntegrityError, PlanTask.objects.create, plan=plan, hub=hub.organisation, **{**values, "text": ""})
        refuses(IntegrityError, PlanTask.objects.create, plan=plan, hub=hub.organisation, done=True, **values)
        refuses(ProgrammingError, PlanTask.objects.create, plan_id=theirs.pk, hub=other.organisation, **values)
        refuses(
            IntegrityError, Plan.objects.create, remit=remit_of(other), hub=hub.organisation, begun_at=timezone.now()
        )
        refuses(IntegrityError, Plan.objects.create, remit=remit_of(hub), hub=hub.organisation, begun_at=timezone.now())
        refuses(ProgrammingError, touched, "DELETE FROM qualification_plan")
        assert touched("UPDATE qualification_plantask SET text = 'Y' WHERE hub_id = %s", other.organisation.pk) == 0
        plans.end_plan(plan=plan)
        assert touched("UPDATE qualification_plan SET ended_at = NULL") == 0
        refuses(IntegrityError, touched, "UPDATE qualification_plantask SET text = 'Z' WHERE id = %s", task.pk)
        refuses(IntegrityError, touched, "DELETE FROM qualification_plantask WHERE id = %s", task.pk)
        refuses(IntegrityError, PlanTask.objects.create, plan=plan, hub=hub.organisation, **values)


def test_a_plan_needs_a_territory_that_is_still_held(hub):
    with acting(OPERATOR):
        touched("UPDATE qualification_remit SET closed_at = clock_timestamp()")
    with acting(hub.principal):
        refuses(IntegrityError, Plan.objects.create, remit_id=hub.organisation.remits.get().pk, hub=hub.organisation,
                begun_at=timezone.now())  # fmt: skip


@pytest.mark.parametrize(
    ("due", "done", "late"),
    [
        (None, False, False),
        (TODAY, False, False),
        (TODAY - timedelta(days=1), False, True),
        (TODAY - timedelta(days=1), True, False),
    ],
)
def test_a_task_is_late_from_the_day_after(due, done, late):
    assert plan_rules.is_late(due, done=done, today=TODAY) is late


def test_every_gap_of_coverage_has_its_task_and_goes_by_itself():
    assert set(GAPS) == set(plan_rules.ASKED_BY_GAP)
    wanted = plan_rules.proposals([(code, code) for code in GAPS], campaigns=1)
    assert [plan_rules.STEPS.index(one.step) for one in wanted] == sorted(
        plan_rules.STEPS.index(one.step) for one in wanted
    )
    assert all(len(one.text) <= 200 and one.step in PlanTask.Step for one in wanted)
    assert plan_rules.filled_by_itself("near", ["hours"])
    assert not plan_rules.filled_by_itself("near", ["near"])
    assert not plan_rules.filled_by_itself("share", [])
