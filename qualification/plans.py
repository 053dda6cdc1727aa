"""The plan of a hub's territory: begun, written, its tasks added, ticked and unticked, reached, closed."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, current
from qualification import errors
from qualification.models import Plan, PlanTask, Remit
from qualification.plan_rules import Proposal

WRITES = frozenset({Role.MANAGER, Role.AGENT})


def live_plan(remit: Remit) -> Plan | None:
    """The open plan of the acting hub's territory."""
    return Plan.objects.visible_to(current()).live().filter(remit=remit).select_related("remit").first()


@transaction.atomic
def begin_plan(*, remit: Remit, at: datetime | None = None) -> Plan:
    """An empty plan for the acting hub's territory. Raises NotAllowed, PlanAlreadyOpen and NoRemit."""
    _check_writer(remit)
    try:
        with transaction.atomic():
            plan = Plan.objects.create(
                remit=remit, hub_id=remit.hub_id, begun_at=at or timezone.now(), begun_by=current().person_id
            )
    except IntegrityError as error:
        raise (errors.PlanAlreadyOpen if live_plan(remit) else errors.NoRemit) from error
    record(verb="plan_begun", target=plan)
    return plan


@transaction.atomic
def edit_plan(*, plan: Plan, diagnosis: str, aimed_on: date | None) -> Plan:
    """Write the diagnosis and the day that is aimed at. Raises NotAllowed and PlanClosed."""
    _change(plan, "plan_edited", diagnosis=diagnosis.strip(), aimed_on=aimed_on)
    return plan


@transaction.atomic
def set_reached(*, plan: Plan, on: date | None) -> Plan:
    """Note since when the territory is operational, or take that back. Raises NotAllowed and PlanClosed."""
    _change(plan, "plan_reached" if on else "plan_not_reached", reached_on=on)
    return plan


@transaction.atomic
def end_plan(*, plan: Plan, at: datetime | None = None) -> None:
    """Close it: it is kept as it is, and another may be begun. Raises NotAllowed and PlanClosed."""
    _change(plan, "plan_ended", ended_at=at or timezone.now())


@transaction.atomic
def add_task(
    *, plan: Plan, step: str, text: str, who: str = "", due_on: date | None = None, note: str = "",
    at: datetime | None = None,
) -> PlanTask:  # fmt: skip
    """One more thing to do. Raises NotAllowed, TaskWithoutText and PlanClosed."""
    _check_writer(plan)
    task = PlanTask(
        plan=_held(plan), hub_id=plan.hub_id, step=step, text=_said(text), who=who.strip(), due_on=due_on,
        note=note.strip(), created_at=at or timezone.now(),
    )  # fmt: skip
    task.save(force_insert=True)
    record(verb="plan_task_added", target=task)
    return task


@transaction.atomic
def edit_task(*, task: PlanTask, step: str, text: str, who: str, due_on: date | None, note: str = "") -> PlanTask:
    """Say it otherwise, give it to somebody, or another day.

    Raises NotAllowed, TaskWithoutText, PlanClosed and TaskTakenOff.
    """
    _check_writer(task)
    _held(task.plan)
    values = {"step": step, "text": _said(text), "who": who.strip(), "due_on": due_on, "note": note.strip()}
    if not PlanTask.objects.filter(pk=task.pk).update(**values):
        raise errors.TaskTakenOff
    for name, value in values.items():
        setattr(task, name, value)
    record(verb="plan_task_edited", target=task, fields=tuple(values))
    return task


@transaction.atomic
def mark_task(*, task: PlanTask, done: bool, at: datetime | None = None) -> None:
    """Tick it, or take the tick back; a repeat keeps who did it first. Raises NotAllowed and PlanClosed."""
    _check_writer(task)
    _held(task.plan)
    others = PlanTask.objects.filter(pk=task.pk, done=not done)
    if others.update(done=done, marked_at=at or timezone.now(), marked_by=current().person_id):
        record(verb="plan_task_done" if done else "plan_task_undone", target=task, fields=("done",))


@transaction.atomic
def remove_task(*, task: PlanTask) -> None:
    """Take it off the plan; the trail keeps that it was there. A repeat is silent. Raises NotAllowed and PlanClosed."""
    _check_writer(task)
    _held(task.plan)
    if PlanTask.objects.filter(pk=task.pk).delete()[0]:
        record(verb="plan_task_removed", target=task)


@transaction.atomic
def propose_tasks(*, plan: Plan, proposals: Iterable[Proposal], at: datetime | None = None) -> int:
    """Add those that the plan has not; returns how many. Raises NotAllowed and PlanClosed."""
    _check_writer(plan)
    held, now = _held(plan), at or timezone.now()
    known = set(PlanTask.objects.filter(plan=plan).values_list("gap", flat=True))
    rows = [
        PlanTask(
            plan=held, hub_id=plan.hub_id, step=one.step, text=one.text, note=one.note, gap=one.gap, created_at=now
        )
        for one in proposals
        if one.gap not in known
    ]
    PlanTask.objects.bulk_create(rows, ignore_conflicts=True)  # two people at once: each task stands once
    if rows:
        record(verb="plan_tasks_proposed", target=plan, fields=tuple(row.gap for row in rows))
    return len(rows)


def _said(text: str) -> str:
    if not text.strip():
        raise errors.TaskWithoutText(field="text")
    return text.strip()


def _held(plan: Plan) -> Plan:
    """The plan, locked while it is written under. Raises PlanClosed."""
    held = Plan.objects.live().select_for_update(of=("self",)).filter(pk=plan.pk).first()
    if held is None:
        raise errors.PlanClosed
    return held


def _change(plan: Plan, verb: str, **values: object) -> None:
    _check_writer(plan)
    if not Plan.objects.live().filter(pk=plan.pk).update(**values):
        raise errors.PlanClosed
    for name, value in values.items():
        setattr(plan, name, value)
    record(verb=verb, target=plan, fields=tuple(values))


def _check_writer(row: Remit | Plan | PlanTask) -> None:
    """Raise NotAllowed unless acting for the hub of this row, as somebody who writes its plan."""
    principal = current()
    own = principal.hat == Hat.HUB and principal.organisation_id == row.hub_id
    if not (own and principal.role in WRITES):
        raise NotAllowed
