"""The two who decide agree: PostgreSQL moves a pass if and only if `rules.refusal` finds no reason against it."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actors.models import Actor, Site
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.vocabulary.models import Service
from funders.models import Campaign
from passes import redemption
from passes.codes import Code
from passes.models import Batch, Booklet, CampaignSite, Pass
from passes.redemption import Attempt, Till
from passes.refusals import Refusal
from tests.factories import OPERATOR
from tests.passes.world import code_of, first_service, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@dataclass(frozen=True)
class Case:
    """Everything that the decision reads, drawn at random. Hours are counted from now."""

    state: str
    spent_beside: int
    activated: bool
    valid_from: int
    valid_for: int
    claim_for: int
    handed_out: bool
    needs_hand_out: bool
    services: str
    territories: str
    sites: str
    per_day: int | None
    site_open: bool
    actor_state: str
    helped: int  # when the help was given


USABLE = Case("open", 0, True, -48, 72, 72, True, True, "this", "here", "this", 1, True, "qualified", 0)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "state": st.sampled_from(["open", "redeemed", "blocked", "replaced", "expired"]),
    "spent_beside": st.integers(0, 2),
    "activated": st.booleans(),
    "valid_from": st.sampled_from([-80, -48, -1, 0, 1]),
    "valid_for": st.sampled_from([1, 2, 72]),
    "claim_for": st.sampled_from([0, 1, 72]),
    "handed_out": st.booleans(),
    "needs_hand_out": st.booleans(),
    "services": st.sampled_from(["all", "this", "above", "other"]),
    "territories": st.sampled_from(["all", "here", "elsewhere"]),
    "sites": st.sampled_from(["all", "this", "other"]),
    "per_day": st.sampled_from([None, 1, 2]),
    "site_open": st.booleans(),
    "actor_state": st.sampled_from(["qualified", "suspended", "removed"]),
    "helped": st.sampled_from([-60, -24, -1, 0]),
}

DATES = ["activated", "claim_for", "helped", "valid_for", "valid_from"]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A pass that could be used, but for a few facts: most of the edges lie next to acceptance."""
    among = draw(st.sampled_from([sorted(VALUES), DATES]))
    changed = draw(st.lists(st.sampled_from(among), unique=True, max_size=4))
    return replace(USABLE, **{name: draw(VALUES[name]) for name in changed})


@dataclass
class Stage:
    """One batch and two tills, reset for each case by rolling back."""

    batch: Batch
    site: Site
    other: Site
    service: int
    above: int  # the service of the standard that it is a part of
    beside: int  # another part of it


@pytest.fixture
def stage(db: None) -> Stage:
    batch, till = make_batch(booklets=2), make_till()
    till.redeem(code_of(batch, booklet=1))  # from here on, the account of what this actor is owed is open
    finer, beside = Service.objects.filter(parent=first_service()).order_by("pk").values_list("pk", flat=True)[:2]
    return Stage(batch, till.site, make_till().site, finer, first_service().pk, beside)


def _arrange(stage: Stage, case: Case, now: datetime) -> None:
    """Write the case's rows."""
    batch, today = stage.batch, timezone.localdate(now)
    start = now + timedelta(hours=case.valid_from)
    until = start + timedelta(hours=case.valid_for)
    Batch.objects.filter(pk=batch.pk).update(
        valid_from=start,
        valid_until=until,
        claim_until=until + timedelta(hours=case.claim_for),
        activated_at=now if case.activated else None,
    )
    Campaign.objects.filter(pk=batch.campaign_id).update(
        needs_hand_out=case.needs_hand_out,
        services={"all": [], "this": [stage.service], "above": [stage.above], "other": [stage.beside]}[case.services],
        territories={"all": [], "here": ["departement:33"], "elsewhere": ["departement:75"]}[case.territories],
        restricts_sites=case.sites != "all",
        passes_per_day=case.per_day,
    )
    if case.sites != "all":
        named = stage.site if case.sites == "this" else stage.other
        CampaignSite.objects.create(campaign=batch.campaign, site=named, funder_id=batch.funder_id)
    Booklet.objects.filter(pk=batch.first_booklet).update(handed_out_at=now if case.handed_out else None)
    first = batch.first_booklet << 4
    spent = {"state": "redeemed", "spent_on": today, "turn": 1}
    Pass.objects.filter(pk__range=(first + 2, first + 1 + case.spent_beside)).update(**spent)
    yesterday = spent | {"spent_on": today - timedelta(days=1)}
    Pass.objects.filter(pk=first + 1).update(**(yesterday if case.state == "redeemed" else {"state": case.state}))
    closed = {} if case.site_open else {"open": False, "closed_reason": "Travaux", "closed_at": now}
    Site.objects.filter(pk=stage.site.pk).update(**{"open": True, "closed_at": None, **closed})
    suspended = now if case.actor_state == "suspended" else None
    removed = case.actor_state == "removed"
    Actor.objects.filter(pk=stage.site.actor_id).update(
        state=case.actor_state,
        suspended_at=suspended,
        removed_at=now if removed else None,
        removal_reason="Essai" if removed else "",
    )


def _ask(stage: Stage, now: datetime, attempt: Attempt) -> tuple[Refusal | None, bool]:
    """The reason that the rule foresees, and whether the statement moved the pass."""
    with acting(Principal(hat=Hat.ACTOR, organisation_id=stage.site.actor_id, site_id=stage.site.pk)):
        redemption.present([attempt.code], site_id=stage.site.pk)
        till = Till(site_id=stage.site.pk, actor_id=stage.site.actor_id)
        _, foreseen = redemption.simulate(till, attempt, at=now)
        return foreseen, bool(redemption._move(till, [attempt], now))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
@example(case=USABLE)
@example(case=replace(USABLE, valid_from=-80, helped=-24))  # over, but helped before and claimed in time
@example(case=replace(USABLE, valid_from=-80, helped=-24, claim_for=1))  # claimed too late
def test_the_statement_and_the_rule_decide_alike(stage: Stage, case: Case) -> None:
    now = timezone.now()
    code, helped_at = Code(stage.batch.code_key, stage.batch.first_booklet << 4 | 1), now + timedelta(hours=case.helped)
    attempt = Attempt(uuid.uuid4(), code, stage.service, helped_at)
    with transaction.atomic():
        with acting(OPERATOR):
            _arrange(stage, case, now)
        foreseen, moved = _ask(stage, now, attempt)
        transaction.set_rollback(True)
    assert moved == (foreseen is None), foreseen
    assert moved or case != USABLE
