"""The tills, day after day: people come in opening hours, alone or to the weekly workshop; a few passes are refused,
a few redemptions undone at once."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from aptic.tenancy.principal import acting
from impact.demonstration.stage import OpenSite, Stage, Visit
from impact.observing import observe
from passes import redemption, sessions
from passes.codes import Code
from passes.models import Redemption, Session
from passes.redemption import Attempt, Outcome, Till

WORKSHOP_SHARE = 0.88  # of visits fall on the site's weekly workshop
UNDONE_EVERY = 83  # passes: the wrong service was chosen, undone, then done again
AGAIN_EVERY = 120  # passes: a used pass is presented once more, and refused
WORKSHOP_OF = 3  # people
OBSERVED_SHARE = 0.25  # of participants
PROGRESS = (("helped", "guided"), ("helped", "guided"), ("guided", "alone"), ("guided", "guided"), ("helped", "alone"))
SESSIONS_KEPT, TWO_HOURS = timedelta(days=28), timedelta(hours=2)
OPENING, LUNCH, AFTERNOON, CLOSING = 9, 12, 14, 18


@dataclass(frozen=True, slots=True)
class Sitting:
    """Passes redeemed together at one till: one person, or a workshop."""

    at: datetime
    visits: tuple[Visit, ...]


def open_tills(stage: Stage, day: date) -> None:
    """Serve everybody who planned to come that day."""
    queues: dict[uuid.UUID, list[Visit]] = defaultdict(list)
    places: dict[uuid.UUID, OpenSite] = {}
    for site, visit in stage.visits.pop(day, ()):
        places[site.row.pk] = site
        queues[site.row.pk].append(visit)
    for key in sorted(queues, key=lambda key: places[key].place.name):
        with acting(places[key].principal):
            for sitting in _sittings(stage, places[key], day, queues[key]):
                _serve(stage, places[key], sitting)


def visit_day(stage: Stage, site: OpenSite, earliest: date) -> date:
    """The day somebody comes who may from `earliest` on: the workshop's, often, or another working day."""
    if stage.dice.random() < WORKSHOP_SHARE:
        return earliest + timedelta(days=(site.place.workshop - earliest.weekday()) % 7)
    day = earliest + timedelta(days=stage.dice.randrange(5))
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def _sittings(stage: Stage, site: OpenSite, day: date, visits: list[Visit]) -> list[Sitting]:
    """On workshop day everybody sits together; on others each half-day has its own hour."""
    dice = stage.dice
    if day.weekday() == site.place.workshop:
        return [Sitting(stage.at(day, dice.choice((10, 15)), dice.randrange(60)), tuple(visits))]
    halves: dict[bool, list[Visit]] = defaultdict(list)
    for visit in visits:
        halves[dice.random() < 0.55].append(visit)
    hours = {True: (OPENING, LUNCH), False: (AFTERNOON, CLOSING)}
    return [
        Sitting(stage.at(day, dice.randrange(*hours[morning]), dice.randrange(60)), tuple(halves[morning]))
        for morning in (True, False)
        if halves[morning]
    ]


def _serve(stage: Stage, site: OpenSite, sitting: Sitting) -> None:
    workshop = _workshop(stage, site, sitting)
    attempts = [
        Attempt(
            id=uuid.UUID(int=stage.dice.getrandbits(128), version=4),
            code=Code(visit.version, visit.serial),
            service_id=_service(stage, site, visit),
            occurred_at=sitting.at,
            session=workshop.pk if workshop else None,
        )
        for visit in sitting.visits
    ]
    outcomes = _redeem(site, attempts, sitting.at)
    later = sitting.at + timedelta(minutes=3)
    for attempt in [outcome.attempt for outcome in outcomes if outcome.error is None]:
        stage.redeemed += 1
        if later > stage.now:
            continue
        if stage.redeemed % UNDONE_EVERY == 0:
            redemption.void(attempt.id, _till(site), at=later)
        if stage.redeemed % UNDONE_EVERY == 0 or stage.redeemed % AGAIN_EVERY == 0:
            _redeem(site, [_again(stage, attempt, later)], later)
    if workshop:
        _observe(stage, [outcome.attempt.id for outcome in outcomes if outcome.error is None], later)
    if workshop and sitting.at + TWO_HOURS <= stage.now:
        sessions.close_session(session_id=workshop.pk, till=_till(site), at=sitting.at + TWO_HOURS)


def _workshop(stage: Stage, site: OpenSite, sitting: Sitting) -> Session | None:
    """The session of a workshop of the last weeks; before, nobody at these counters noted any."""
    if len(sitting.visits) < WORKSHOP_OF or stage.now - sitting.at > SESSIONS_KEPT:
        return None
    return sessions.open_session(
        till=_till(site),
        service_id=site.row.services[0],
        held_on=timezone.localdate(sitting.at),
        minutes=120,
        kind=Session.Kind.GROUP,
        mode=Session.Mode.SITE,
        at=sitting.at,
    )


def _observe(stage: Stage, keys: list[uuid.UUID], at: datetime) -> None:
    """What the mediator noted of some participants: many came new, most left able to do more."""
    dice = stage.dice
    for one in Redemption.objects.filter(pk__in=keys, void__isnull=True).order_by("pass_id"):
        if dice.random() < OBSERVED_SHARE:
            before, after = dice.choice(PROGRESS)
            answers = {"first_here": dice.choice(("yes", "no", "no")), "before": before, "after": after,
                       "never_helped": dice.choice(("yes", "no", "unsaid")),
                       "referred": dice.choice(("yes", "no", "no", "no"))}  # fmt: skip
            observe(redemption=one, answers=answers, at=at)


def _redeem(site: OpenSite, attempts: Iterable[Attempt], at: datetime) -> list[Outcome]:
    wanted = list(attempts)
    redemption.present([attempt.code for attempt in wanted], site_id=site.row.pk)
    return redemption.redeem(_till(site), wanted, at=at)


def _again(stage: Stage, attempt: Attempt, at: datetime) -> Attempt:
    identity = uuid.UUID(int=stage.dice.getrandbits(128), version=4)
    return Attempt(identity, attempt.code, attempt.service_id, at)


def _service(stage: Stage, site: OpenSite, visit: Visit) -> int:
    """One of the services of the site that the operation pays; sometimes, by mistake, another one."""
    paid = visit.campaign.services
    offered = [service for service in site.row.services if not paid or service in paid]
    if not offered or stage.dice.random() < 0.004:
        return stage.dice.choice(site.row.services)
    return offered[min(int(stage.dice.expovariate(0.9)), len(offered) - 1)]


def _till(site: OpenSite) -> Till:
    return Till(site_id=site.row.pk, actor_id=site.row.actor_id, person_id=site.person.pk)
