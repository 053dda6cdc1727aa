"""Redeeming a pass: the path of every euro at the counter, from a verified code to a stored answer.

    1. `enter_device` / `enter_person`   who is at the till, the site's shared lock, which codes were verified
    2. `redeem`                          one conditional statement moves pass, attempt and transfer, or nothing
    3. what did not move is explained by `rules.refusal`, read after the fact, and stored with its answer; refused off
       line, it also opens an incident, and of a stopped site it may be held for two people to judge

The same id always gets the same answer. A repeat is found by its row; two at once meet on the primary key, and the
one that loses starts again and finds the other's row.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from passes import incident_rules, rules
from passes.codes import Code, short
from passes.errors import CodeUnknown, DeviceStopped, IdReused, Refused, SessionNotOpen, VoidRefused
from passes.holding import hold
from passes.incidents.opening import open_for
from passes.models import Batch, Held, Redemption, Void
from passes.refusals import Refusal

T = TypeVar("T")
HELD = ""  # the outcome of a line that is held: none yet
# What refuses a second row of one id, when the first is not to be seen: an attempt's, a held line's, one still held.
ONE_ID = ("passes_redemption_pkey", "passes_held_pkey", "held_released_first")


class Undecided(RuntimeError):
    """The statement moved nothing and the rule knows no reason: a defect, answered by a 5xx, never by a guess."""


@dataclass(frozen=True, slots=True)
class Till:
    """Where a pass is presented: a site, and the device or person who presents it."""

    site_id: uuid.UUID
    actor_id: uuid.UUID
    device_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One wish to redeem: the caller's id, a verified code, a service, and when the help was given."""

    id: uuid.UUID
    code: Code
    service_id: int
    occurred_at: datetime
    offline: bool = False
    session: uuid.UUID | None = None


@dataclass(slots=True)
class Outcome:
    """The answer to one attempt. `error` is None when accepted or held; `repeated`: the answer was stored before."""

    attempt: Attempt
    value_cents: int = 0
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    repeated: bool = False
    held: bool = False  # it waits for two people of the operator
    error: Refused | IdReused | CodeUnknown | DeviceStopped | SessionNotOpen | None = None

    @property
    def pass_name(self) -> str:
        """The first seven characters of the code."""
        return short(self.attempt.code.serial, self.attempt.code.version)


def enter_device(token_digest: bytes, codes: Sequence[Code]) -> Till | None:
    """Open the till of the device that holds the token, in the running transaction; None when nobody does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT site_id, actor_id, device_id FROM passes_enter_device(%s, %s::int[])",
            [token_digest, [code.serial for code in codes]],
        )
        row = cursor.fetchone()
    return Till(*row) if row else None


def present(codes: Sequence[Code], *, site_id: uuid.UUID | None = None) -> None:
    """Let the running transaction read the booklets of verified codes (and, at a site, redeem their passes)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT passes_present(%s, %s::int[])", [site_id, [code.serial for code in codes]])


def once_more_if_raced(work: Callable[[], T]) -> T:
    """Run `work` in a transaction, and again when another request stored the same id in between.

    Raises IdReused when the id exists where the caller may not see it.
    """
    for last in (False, True):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError as error:
            if _constraint(error) not in ONE_ID:
                raise
            if last:
                raise IdReused from error
    raise AssertionError("unreachable")


def together_or_alone(work: Callable[[Sequence[Attempt]], list[Outcome]], attempts: Sequence[Attempt]) -> list[Outcome]:
    """Run `work` over all attempts in one transaction; outcomes in the order given.

    An id that exists where the caller may not see it refuses the lines beside it: then each runs in a transaction
    of its own, in the order given, and that line alone is IdReused. What was stored meanwhile is found as a repeat.
    """
    try:
        return once_more_if_raced(lambda: work(attempts))
    except IdReused:
        return [_alone(work, attempt) for attempt in attempts]


def _alone(work: Callable[[Sequence[Attempt]], list[Outcome]], attempt: Attempt) -> Outcome:
    try:
        return once_more_if_raced(lambda: work([attempt]))[0]
    except IdReused as error:
        return Outcome(attempt, error=error)


def redeem(
    till: Till, attempts: Sequence[Attempt], *, at: datetime | None = None, may_hold: bool = False
) -> list[Outcome]:
    """Redeem each attempt for `till`, already entered, in the running transaction; outcomes in the order given.

    `at` is the accounting instant (default now; another only in a demonstration). Never raises for a refusal: it is an
    outcome, stored under the attempt's id. `may_hold`: an upload, whose lines of before the site was stopped are held.
    Raises IntegrityError when two requests store the same id at once.
    """
    now = at or timezone.now()
    outcomes = [Outcome(attempt) for attempt in attempts]
    firsts: dict[uuid.UUID, Outcome] = {}
    echoes = [one for one in outcomes if firsts.setdefault(one.attempt.id, one) is not one]
    _answer(till, list(firsts.values()), now, may_hold=may_hold)
    if echoes:  # an id twice in one call: the second meets the row of the first
        _answer(till, echoes, now, may_hold=may_hold)
    return outcomes


def _answer(till: Till, waiting: list[Outcome], now: datetime, *, may_hold: bool) -> None:
    """Fill in each outcome; tries again after opening a missing account, or when a limit was judged too early."""
    for _ in range(3):
        moved = _move(till, [outcome.attempt for outcome in waiting], now)
        for outcome in waiting:
            if outcome.attempt.id in moved:
                outcome.value_cents, outcome.recorded_at = moved[outcome.attempt.id]
                outcome.occurred_at = outcome.attempt.occurred_at
        waiting = [outcome for outcome in waiting if outcome.attempt.id not in moved]
        if waiting:
            waiting = _explain(till, waiting, now, may_hold=may_hold)
        if not waiting:
            return
    # No answer is better than a wrong one: nothing is committed, and the caller may retry the same ids.
    raise Undecided([outcome.attempt.id for outcome in waiting])


def simulate(till: Till, attempt: Attempt, *, at: datetime | None = None) -> tuple[int, Refusal | None]:
    """What redeeming would do, without doing it: (value in cents, reason to refuse or None).

    Raises CodeUnknown, and SessionNotOpen.
    """
    now = at or timezone.now()
    view = facts_of(till, [attempt]).get(attempt.id)
    if view is None:
        raise CodeUnknown
    if not view.session_open and not attempt.offline:
        raise SessionNotOpen
    reason = rules.refusal(view.facts, service_id=attempt.service_id, occurred_at=attempt.occurred_at, accounted_at=now)
    return view.value_cents, reason


def void(redemption_id: uuid.UUID, till: Till, *, at: datetime | None = None) -> tuple[Void, bool]:
    """Undo an accepted redemption of this till within 15 minutes; (the void, whether it was there already).

    Raises Redemption.DoesNotExist, and VoidRefused (`void_window_closed`, or `settled` once a payout claimed the line).
    """
    now = at or timezone.now()
    redemption = Redemption.objects.select_related("void").get(pk=redemption_id, actor_id=till.actor_id, turn__gte=1)
    if hasattr(redemption, "void"):
        return redemption.void, True
    same_till = redemption.site_id == till.site_id and (redemption.device_id, redemption.person_id) == (
        till.device_id,
        till.person_id,
    )
    if not rules.may_void(recorded_at=redemption.accounted_at, now=now, same_till=same_till):
        raise VoidRefused("void_window_closed")
    with connection.cursor() as cursor:
        cursor.execute("SELECT passes_void(%s, %s, %s, %s)", [redemption_id, now, till.device_id, till.person_id])
        done = cursor.fetchone()[0]
    voided = Void.objects.filter(pk=redemption_id).first()
    if done is None and voided is None:
        raise VoidRefused("settled")
    assert voided is not None
    return voided, done is None


def look_up(till: Till, code: Code) -> "View":
    """What a till sees of a verified code before anybody confirms. Raises CodeUnknown."""
    attempt = Attempt(uuid.uuid4(), code, 0, timezone.now())
    view = facts_of(till, [attempt]).get(attempt.id)
    if view is None:
        raise CodeUnknown
    return view


def note_refusal(till: Till, code: Code, view: "View", reason: Refusal, *, service_id: int, at: datetime) -> None:
    """Keep a look-up that was refused as the attempt it was: nobody will confirm it, and somebody will ask why.

    `service_id` is the service that the counter would have proposed.
    """
    attempt = Attempt(uuid.uuid4(), code, service_id, at)
    Redemption.objects.bulk_create([refused_row(till, attempt, view, reason, at)])


def pass_name(stored: Redemption | Held) -> str:
    """The first seven characters of the code of a redemption, or of a held line, that the caller may read."""
    present([Code(0, stored.pass_id)])
    return short(stored.pass_id, Batch.objects.only("code_key").get(pk=stored.batch_id).code_key)


def _move(till: Till, attempts: list[Attempt], now: datetime) -> dict[uuid.UUID, tuple[int, datetime]]:
    """The one statement that moves value; returns (cents, recorded at) of each attempt that moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, value_cents, recorded_at FROM passes_redeem(%s::uuid[], %s::int[], %s::int[],"
            " %s::timestamptz[], %s, %s, %s, %s, %s::boolean[], %s::uuid[])",
            [
                [one.id for one in attempts],
                [one.code.serial for one in attempts],
                [one.service_id for one in attempts],
                [one.occurred_at for one in attempts],
                now,
                till.site_id,
                till.device_id,
                till.person_id,
                [one.offline for one in attempts],
                [one.session for one in attempts],
            ],
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def _explain(till: Till, waiting: list[Outcome], now: datetime, *, may_hold: bool) -> list[Outcome]:
    """Answer what did not move, and store each refusal; returns those that deserve another try."""
    views = facts_of(till, [outcome.attempt for outcome in waiting])
    refused: list[tuple[Redemption, View]] = []
    kept: list[tuple[Outcome, View]] = []
    again: list[Outcome] = []
    unopened: set[uuid.UUID] = set()
    for outcome in waiting:
        attempt, view = outcome.attempt, views.get(outcome.attempt.id)
        if answered_before(outcome, view, till):
            continue
        assert view is not None
        if not view.session_open and not attempt.offline:
            outcome.error = SessionNotOpen()
            continue
        reason = rules.refusal(
            view.facts, service_id=attempt.service_id, occurred_at=attempt.occurred_at, accounted_at=now
        )
        if reason is None:
            again.append(outcome)
            if not view.payable_open:
                unopened.add(view.purse_id)
        elif reason == Refusal.SITE_NOT_QUALIFIED and may_hold and view.may_hold(attempt, now):
            kept.append((outcome, view))
        else:
            outcome.error = Refused(reason)
            outcome.value_cents, outcome.occurred_at = view.value_cents, attempt.occurred_at
            refused.append((refused_row(till, attempt, view, reason, now), view))
    for purse_id in sorted(unopened):
        _open_payable(purse_id, till)
    if refused:
        Redemption.objects.bulk_create([row for row, _ in refused])
        open_for(till, refused, now)
    keep(till, kept, now)
    return again


def answered_before(outcome: Outcome, view: "View | None", till: Till) -> bool:
    """Fill in the answer that is known already: no such pass, a stored attempt, or a line that is held."""
    if view is None:
        outcome.error = CodeUnknown()
        return True
    stored = view.existing or view.held
    if stored is not None:
        _repeat(outcome, stored, till)
    return stored is not None


def keep(
    till: Till, lines: Sequence[tuple[Outcome, "View"]], now: datetime, *, revoked_at: datetime | None = None
) -> None:
    """Hold these lines, by what stopped their till."""
    by_stop: dict[tuple[str, datetime], list[tuple[Attempt, View]]] = {}
    for outcome, view in lines:
        outcome.held = True
        outcome.value_cents, outcome.recorded_at = view.value_cents, now
        outcome.occurred_at = outcome.attempt.occurred_at
        stop = view.stopped(revoked_at)
        assert stop is not None
        by_stop.setdefault(stop, []).append((outcome.attempt, view))
    for (cause, stopped_at), held in by_stop.items():
        hold(till, held, cause=cause, stopped_at=stopped_at, now=now)


def _repeat(outcome: Outcome, existing: "Stored", till: Till) -> None:
    attempt = outcome.attempt
    if (existing.pass_id, existing.site_id, existing.service_id) != (
        attempt.code.serial,
        till.site_id,
        attempt.service_id,
    ):
        outcome.error = IdReused()
        return
    outcome.repeated = True
    outcome.value_cents = existing.value_cents
    outcome.occurred_at, outcome.recorded_at = existing.occurred_at, existing.recorded_at
    outcome.held = existing.outcome == HELD
    if existing.outcome not in (Redemption.ACCEPTED, HELD):
        outcome.error = Refused(Refusal(existing.outcome))


def _open_payable(purse_id: uuid.UUID, till: Till) -> None:
    """An actor's first pass of a funder: open what that purse will owe it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open_payable(%s, %s)", [purse_id, till.actor_id])


def refused_row(till: Till, attempt: Attempt, view: "View", reason: Refusal, now: datetime) -> Redemption:
    """The attempt as it is stored when refused, for `reason`."""
    return Redemption(
        id=attempt.id,
        pass_id=attempt.code.serial,
        turn=None,
        outcome=reason,
        service_id=attempt.service_id,
        site_id=till.site_id,
        actor_id=till.actor_id,
        funder_id=view.funder_id,
        distributor_id=view.distributor_id,
        batch_id=view.batch_id,
        device_id=till.device_id,
        person_id=till.person_id,
        value_cents=view.value_cents,
        occurred_at=attempt.occurred_at,
        accounted_at=now,
        offline=attempt.offline,
        session=attempt.session,
        facts=view.facts.as_json(),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer already stored under an attempt's id: an attempt, or a line that is held."""

    pass_id: int
    site_id: uuid.UUID
    service_id: int
    outcome: str
    value_cents: int
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class View:
    """The facts of one attempt, and what storing its answer needs."""

    facts: rules.Facts
    value_cents: int
    batch_id: int
    funder_id: uuid.UUID
    distributor_id: uuid.UUID | None
    purse_id: uuid.UUID
    payable_open: bool
    left_in_booklet: int
    campaign_name: str
    suspended_at: datetime | None
    closed_at: datetime | None
    session_open: bool  # or none was named
    existing: Stored | None = field(default=None)
    held: Stored | None = field(default=None)  # unless it was released

    def refusal(self, service_id: int | None, at: datetime) -> Refusal | None:
        """Why this pass would be refused at `at`; a service not chosen yet is no reason."""
        wanted = service_id if service_id is not None else next(iter(self.facts.services), 0)
        return rules.refusal(self.facts, service_id=wanted, occurred_at=at, accounted_at=at)

    def stopped(self, revoked_at: datetime | None = None) -> tuple[str, datetime] | None:
        """What stopped this till first, and when; None when nothing dated did."""
        stops = [
            (Held.Cause.DEVICE, revoked_at),
            (Held.Cause.ACTOR, self.suspended_at),
            (Held.Cause.SITE, self.closed_at),
        ]
        dated = [(cause.value, at) for cause, at in stops if at is not None]
        return min(dated, key=lambda stop: stop[1], default=None)

    def may_hold(self, attempt: Attempt, now: datetime, revoked_at: datetime | None = None) -> bool:
        """May this line still be handed in, though its till is stopped?"""
        stop = self.stopped(revoked_at)
        return incident_rules.may_hold(
            offline=attempt.offline, occurred_at=attempt.occurred_at, stopped_at=stop and stop[1], now=now
        )


_FACTS = """
SELECT asked.attempt, p.id, p.state,
       (SELECT count(*) FROM passes_pass o WHERE o.id BETWEEN p.booklet_id << 4 AND (p.booklet_id << 4) + 15
           AND o.spent_on = (asked.occurred_at AT TIME ZONE c.time_zone)::date),
       b.activated_at IS NOT NULL, b.valid_from, b.valid_until, b.claim_until, c.time_zone,
       k.handed_out_at IS NOT NULL, c.needs_hand_out, passes_opened_services(c.services),
       cardinality(c.territories) = 0 OR c.territories && s.territories,
       NOT c.restricts_sites OR EXISTS (
         SELECT 1 FROM passes_campaignsite cs WHERE cs.campaign_id = c.id AND cs.site_id = s.id),
       c.passes_per_day, (s.open AND a.state = 'qualified') OR coalesce(h.state = 'released', false),
       coalesce(h.state = 'released', false),
       b.face_value_cents, p.batch_id, p.funder_id, k.distributor_id, circulation.purse_id,
       EXISTS (SELECT 1 FROM ledger_account pay WHERE pay.purse_id = circulation.purse_id
                  AND pay.kind = 'payable' AND pay.about = s.actor_id),
       (SELECT count(*) FROM passes_pass o WHERE o.id BETWEEN p.booklet_id << 4 AND (p.booklet_id << 4) + 15
           AND o.state = 'open'), c.name, a.suspended_at, s.closed_at,
       asked.session IS NULL OR EXISTS (
         SELECT 1 FROM passes_session w WHERE w.id = asked.session AND w.site_id = s.id AND w.closed_at IS NULL),
       r.pass_id, r.site_id, r.service_id, r.outcome, r.value_cents, r.occurred_at, r.recorded_at,
       CASE WHEN h.state <> 'released' THEN h.pass_id END, h.site_id, h.service_id, '', h.value_cents, h.occurred_at,
       h.recorded_at
  FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::uuid[]) AS asked (attempt, pass_id, occurred_at, session)
  JOIN passes_pass p ON p.id = asked.pass_id
  JOIN passes_booklet k ON k.id = p.booklet_id
  JOIN passes_batch b ON b.id = p.batch_id
  JOIN funders_campaign c ON c.id = b.campaign_id
  JOIN ledger_account circulation ON circulation.id = b.circulation_id
  JOIN actors_site s ON s.id = %s
  JOIN actors_actor a ON a.organisation_id = s.actor_id
  LEFT JOIN passes_redemption r ON r.id = asked.attempt
  LEFT JOIN passes_held h ON h.id = asked.attempt
"""


def facts_of(till: Till, attempts: list[Attempt]) -> dict[uuid.UUID, View]:
    """The facts of each attempt on a pass that exists, by attempt id; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FACTS,
            [
                [one.id for one in attempts],
                [one.code.serial for one in attempts],
                [one.occurred_at for one in attempts],
                [one.session for one in attempts],
                till.site_id,
            ],
        )
        return {row[0]: _view(row) for row in cursor.fetchall()}


def _view(row: Sequence[Any]) -> View:
    about_pass, services, about_site = row[1:11], tuple(row[11]), row[12:17]
    facts = rules.Facts(*about_pass, services, *about_site)  # type: ignore[call-arg]
    existing = Stored(*row[28:35]) if row[28] is not None else None
    held = Stored(*row[35:42]) if row[35] is not None else None
    return View(facts, *row[17:28], existing, held)  # type: ignore[call-arg]


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
