"""A hub's territory as its pages tell it: coverage and what is missing, actors by band, a plan against both.

What is read of others comes from the views of `impact.hub_models` and `qualification.hub_models` alone.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import CharField, Count, Func, Q, QuerySet
from django.utils import timezone

from aptic.tenancy.principal import Principal
from aptic.territories.models import Commune
from aptic.territories.rules import key, parse_key
from impact import coverage
from impact.coverage_rules import Facts, missing
from impact.errors import NotOperational
from impact.models import ActorRatio, Band, Coverage, HubActor
from impact.territories import Gap, Line, gaps, lines
from qualification import plan_rules, plans
from qualification.models import HubCampaign, Plan, PlanTask

MOST_PARTS = 10  # intercommunalités named on a page


@dataclass(frozen=True, slots=True)
class Standing:
    """What coverage says of a territory."""

    facts: Facts
    gaps: list[Gap]
    measured_at: datetime


def standing(territory: str) -> Standing | None:
    """None before the first computation. At most three queries."""
    known = coverage.facts_of(territory)
    if known is None:
        return None
    facts, at = known
    return Standing(facts, gaps(facts, coverage.needs_in_force()[0]), at)


@dataclass(frozen=True, slots=True)
class Parts:
    """The intercommunalités of a wider territory: how many are operational, and those that are not yet."""

    whole: int
    ready: int
    lacking: list[Line]


def parts(territory: str) -> Parts | None:
    """Where a département or a région lacks something although it may be operational as a whole; None for less.

    Four queries; the most inhabitants first, ten at most.
    """
    if parse_key(territory)[0] not in ("departement", "region"):
        return None
    sirens = Commune.objects.inside(territory).exclude(epci=None).order_by().values_list("epci", flat=True).distinct()
    known = Coverage.objects.filter(pk__in=[key("epci", siren) for siren in sirens])
    counted = known.aggregate(whole=Count("pk"), ready=Count("pk", filter=Q(operational=True)))
    lacking = lines(known.filter(operational=False).order_by("-population", "territory")[:MOST_PARTS])
    return Parts(**counted, lacking=lacking)


@dataclass(frozen=True, slots=True)
class ActorCounts:
    """How many actors the acting hub reads: in all, suspended, in each band, and with their amounts."""

    whole: int
    suspended: int
    consented: int
    bands: dict[str, int]


def count_actors() -> ActorCounts:
    """One query."""
    rows = list(
        HubActor.objects.order_by().values_list("state", "band", "consented").annotate(Count("pk"))
    )  # a few dozen combinations at most
    bands = {band.value: sum(n for _, one, _, n in rows if one == band) for band in Band}
    return ActorCounts(
        whole=sum(n for *_, n in rows),
        suspended=sum(n for state, _, _, n in rows if state == "suspended"),
        consented=sum(n for _, _, consented, n in rows if consented),
        bands=bands,
    )


def standing_in(territory: str) -> Q:
    """For sites: those of a territory, and those whose round goes there, as the view of actors counts them."""
    return Q(territories__contains=[territory])


def open_campaigns(today: date) -> QuerySet[HubCampaign]:
    """Operations that may be used on the acting hub's territory today."""
    return HubCampaign.objects.filter(state="open", starts_on__lte=today, ends_on__gte=today)


def own_ratio(principal: Principal) -> ActorRatio | None:
    """An actor's own ratio with the `band` that a hub reads of it, by the same function; None before it is counted."""
    band = Func("earned_cents", "alert", function="impact_band", output_field=CharField())
    mine = ActorRatio.objects.visible_to(principal).filter(pk=principal.organisation_id)
    return mine.annotate(band=band).first()


def propose(*, plan: Plan, at: datetime | None = None) -> int:
    """Add the tasks that coverage and the operations of the territory ask for; returns how many are new.

    Raises NotAllowed and PlanClosed.
    """
    known = standing(plan.remit.territory)
    lacks = [(gap.code, gap.sentence) for gap in known.gaps] if known else []
    wanted = plan_rules.proposals(lacks, campaigns=open_campaigns(timezone.localdate(at)).count())
    return plans.propose_tasks(plan=plan, proposals=wanted, at=at)


@transaction.atomic
def reach(*, plan: Plan, on: date | None, at: datetime | None = None) -> None:
    """Note since when the territory is operational; None takes that back.

    Raises NotAllowed, PlanClosed, and NotOperational while coverage names something that is missing, or for a day to
    come.
    """
    if on is not None:
        known = coverage.facts_of(plan.remit.territory)
        if known is None or missing(known[0], coverage.needs_in_force()[0]):
            raise NotOperational(field="reached_on")
        if on > timezone.localdate(at):
            raise NotOperational("Ce jour est à venir : notez-le quand il sera passé.", field="reached_on")
    plans.set_reached(plan=plan, on=on)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task as the plan shows it: who marked it last, is it late, does coverage say that it is done."""

    row: PlanTask
    marked_by: str
    late: bool
    filled: bool


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One of the four steps, with its tasks."""

    key: str
    label: str
    tasks: list[ShownTask]
    progress: plan_rules.Progress


def shown_steps(plan: Plan, names: dict, lacks: list[str], today: date) -> list[ShownStep]:
    """The plan step by step. `names`: of people, by id; `lacks`: the codes of what is missing today. One query."""
    tasks: dict[str, list[ShownTask]] = {step: [] for step in plan_rules.STEPS}
    for row in PlanTask.objects.filter(plan=plan):
        late = plan_rules.is_late(row.due_on, done=row.done, today=today)
        filled = not row.done and plan_rules.filled_by_itself(row.gap, lacks)
        tasks[row.step].append(ShownTask(row, names.get(row.marked_by, ""), late, filled))
    return [ShownStep(step, PlanTask.Step(step).label, found, _progress(found)) for step, found in tasks.items()]


def _progress(found: list[ShownTask]) -> plan_rules.Progress:
    return plan_rules.Progress(sum(one.row.done for one in found), len(found))
