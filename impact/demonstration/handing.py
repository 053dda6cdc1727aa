"""From the printer to people: booklets sent to distributors, handed to people who stay anonymous, and what each of
them will do with the passes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from actors.models import Site
from aptic.tenancy.models import Organisation
from aptic.territories.models import Commune
from aptic.territories.services import distance_km
from funders.models import Campaign
from impact.demonstration import cast
from impact.demonstration.buying import BUYERS, Delivered, print_on_paper
from impact.demonstration.counters import visit_day
from impact.demonstration.programmes import PROGRAMMES, Lot, Programme
from impact.demonstration.stage import OpenSite, Stage, Visit, working_day
from passes import blocking, distribution, replacing
from passes.models import Batch, Booklet

NEAR_KM = 7.0  # people go four times less to a site that is this much further
FIRST_VISIT_DAYS, NEXT_VISIT_DAYS = 13, 12  # on average
LATE_SHARE = 0.2  # of those who would come after the last day, do, and are refused
LOST_SHARE = 0.006  # booklets declared lost
DESK_SHARE = 0.85  # of hand-outs happen on the distributor's weekly desk
SEASONS = {8: 0.5, 12: 0.85}  # holidays: who would come in these months comes then, or three weeks later


@dataclass(frozen=True, slots=True)
class HandOut:
    """A booklet that will be handed out."""

    batch: Batch
    lot: Lot
    programme: Programme
    booklet: int


def deliver(stage: Stage) -> Delivered:
    """What `buying` calls with each batch: its booklets leave for the distributors three days later."""

    def delivered(batch: Batch, lot: Lot, day: date) -> None:
        arrival = working_day(day + timedelta(days=3))
        first = batch.first_booklet
        for number, key in enumerate(lot.distributors):
            share = batch.booklets // len(lot.distributors) + (number < batch.booklets % len(lot.distributors))
            if share:
                stage.plan(arrival, partial(_send, stage, batch, lot, key, first, share))
            first += share

    return delivered


def _send(stage: Stage, batch: Batch, lot: Lot, distributor: str, first: int, count: int, day: date) -> None:
    programme = next(one for one in PROGRAMMES if lot in one.lots)
    with stage.playing(BUYERS[programme.funder]):
        send(batch, stage.organisations[distributor], first, count, at=stage.at(day, 11))
    last = stage.campaigns[programme.key].ends_on - timedelta(days=7)
    for booklet in range(first, first + count):
        if stage.dice.random() < lot.handed:
            wait = stage.dice.triangular(1, lot.weeks * 7, lot.weeks * 2)
            later = _desk_day(stage, distributor, day + timedelta(days=round(wait)))
            if later <= last:
                stage.hand_outs[later][distributor].append(HandOut(batch, lot, programme, booklet))


def _desk_day(stage: Stage, distributor: str, earliest: date) -> date:
    """Often the day of the distributor's weekly desk, else the next working day."""
    if stage.dice.random() < DESK_SHARE:
        weekday = sum(distributor.encode()) % 5
        return earliest + timedelta(days=(weekday - earliest.weekday()) % 7)
    return working_day(earliest)


def open_desks(stage: Stage, day: date) -> None:
    """Each distributor hands out what it planned for that day."""
    for distributor, planned in sorted(stage.hand_outs.pop(day, {}).items()):
        with stage.playing(agent_of(distributor)):
            rows = Booklet.objects.in_bulk([one.booklet for one in planned])
            for one in planned:
                at = stage.at(day, stage.dice.choice((9, 10, 11, 14, 15, 16)), stage.dice.randrange(60))
                give(rows[one.booklet], at=at)
        for one in planned:
            if stage.dice.random() < LOST_SHARE:
                lost = working_day(day + timedelta(days=6))
                stage.plan(lost, partial(_lose, stage, one.programme, one.booklet))
                stage.plan(lost + timedelta(days=7), partial(_replace, stage, one, distributor))
            _plan_visits(stage, one, distributor, day)


def _lose(stage: Stage, programme: Programme, booklet: int, day: date) -> None:
    """The person lost the booklet and called: its funder blocks it."""
    with stage.playing(BUYERS[programme.funder]):
        blocking.block_booklet(booklet=Booklet.objects.get(pk=booklet))


def _replace(stage: Stage, lost: HandOut, distributor: str, day: date) -> None:
    """One in two gets what was left in a new booklet, unless the operation ends first."""
    if lost.booklet % 2 or stage.campaigns[lost.programme.key].ends_on <= day:
        return
    with stage.playing(BUYERS[lost.programme.funder]):
        if not replacing.left_in(lost.booklet, 1):
            return
        (made,) = replacing.replace_booklets(
            batch=lost.batch, first_booklet=lost.booklet, booklets=1, at=stage.at(day, 9)
        )
        print_on_paper(made, at=stage.at(day, 10))
        send(made, stage.organisations[distributor], made.first_booklet, 1, at=stage.at(day, 11))
    with stage.playing(agent_of(distributor)):
        give(Booklet.objects.get(pk=made.first_booklet), at=stage.at(day, 15))


def send(batch: Batch, distributor: Organisation, first: int, count: int, *, at: datetime) -> None:
    """Booklets of a batch leave for a distributor; as the funder."""
    distribution.send_booklets(batch=batch, distributor=distributor, first_booklet=first, booklets=count, at=at)


def give(booklet: Booklet, *, at: datetime) -> None:
    """A booklet is handed to somebody; as the distributor."""
    distribution.hand_out(booklet=booklet, at=at)


def agent_of(distributor: str) -> str:
    """Who hands out there."""
    return next(person.key for person in cast.PEOPLE if person.organisation == distributor)


def _plan_visits(stage: Stage, given: HandOut, distributor: str, day: date) -> None:
    """Some never come, some use everything; people are faithful to a site, and come back after a week or two."""
    dice, batch, programme = stage.dice, given.batch, given.programme
    campaign, sites = stage.campaigns[programme.key], sites_for(stage, programme, day)
    if not sites or dice.random() > min(1.0, given.lot.used * 1.35):
        return
    site = choose_site(stage, sites, distributor)
    passes = max(1, round(dice.triangular(0.3, 1.05, 0.9) * batch.passes_per_booklet))
    coming = day + timedelta(days=1 + round(dice.expovariate(1 / FIRST_VISIT_DAYS)))
    position = 1
    while position <= min(passes, batch.passes_per_booklet):
        coming = visit_day(stage, site, coming)
        if dice.random() > SEASONS.get(coming.month, 1):
            coming = visit_day(stage, site, coming + timedelta(days=21))
        if not _may_come(stage, campaign, coming):
            return
        together = 2 if programme.passes_per_day is None and dice.random() < 0.3 else 1
        for _ in range(min(together, passes - position + 1)):
            visit = Visit(given.booklet << 4 | position, batch.code_key, campaign)
            stage.visits[coming].append((site, visit))
            position += 1
        coming += timedelta(days=2 + round(dice.expovariate(1 / NEXT_VISIT_DAYS)))


def _may_come(stage: Stage, campaign: Campaign, day: date) -> bool:
    if day > stage.today:
        return False
    return day <= campaign.ends_on or stage.dice.random() < LATE_SHARE


def sites_for(stage: Stage, programme: Programme, day: date) -> list[OpenSite]:
    """The open sites that an operation pays on that day."""
    campaign = stage.campaigns[programme.key]
    return [
        site
        for site in stage.sites
        if site.opens_on <= day
        and (not programme.only_at or site.provider in programme.only_at)
        and (not campaign.territories or set(campaign.territories) & set(site.row.territories))
    ]


def choose_site(stage: Stage, sites: list[OpenSite], distributor: str) -> OpenSite:
    """Near the distributor more often than far, and where much help is given more often than little."""
    commune = stage.organisations[distributor].commune
    assert commune is not None
    weights = []
    for site in sites:
        km = distance_km(*_point(commune), *_point(site.row))
        weights.append(site.place.weight / (1 + (km / NEAR_KM) ** 2))
    return stage.dice.choices(sites, weights)[0]


def _point(place: Commune | Site) -> tuple[float, float]:
    """Every place of the cast has one."""
    assert place.latitude is not None
    assert place.longitude is not None
    return place.latitude, place.longitude
