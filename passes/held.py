"""What a stopped till did before it was stopped: handed in for 72 hours, then judged by two people of the operator.

A held line moves no money. Released, it goes through the one redeem statement under its own id; refused, the attempt is
stored as refused under that id, and the actor reads why.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from django.utils import timezone

from actors.settlement.people import cashier
from aptic.audit.services import record
from passes import incident_rules
from passes.codes import Code
from passes.conflict_errors import AnotherPersonDecides, NotDecidable, WhyMissing
from passes.errors import DeviceStopped
from passes.models import Held, Redemption
from passes.redemption import Attempt, Outcome, Till, answered_before, facts_of, keep, redeem
from passes.refusals import Refusal

State = Held.State


def enter_stopped_device(token_digest: bytes, codes: Sequence[Code], *, now: datetime) -> tuple[Till, datetime] | None:
    """Open the till of a device stopped at most 72 hours ago: (till, when it was stopped); None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT site_id, actor_id, device_id, revoked_at FROM passes_enter_revoked(%s, %s::int[], %s)",
            [token_digest, [code.serial for code in codes], now - incident_rules.GRACE],
        )
        row = cursor.fetchone()
    return (Till(*row[:3]), row[3]) if row else None


def hand_in(till: Till, attempts: Sequence[Attempt], *, revoked_at: datetime, now: datetime) -> list[Outcome]:
    """Hold what a stopped device did off line before `revoked_at`; outcomes in the order given.

    What it had handed in before gets the answer it got; anything else is DeviceStopped, and leaves nothing.
    """
    outcomes = [Outcome(attempt) for attempt in attempts]
    views = facts_of(till, list(attempts))
    kept = []
    seen: set[uuid.UUID] = set()
    for outcome in outcomes:
        attempt, view = outcome.attempt, views.get(outcome.attempt.id)
        if answered_before(outcome, view, till):
            continue
        assert view is not None
        if not view.may_hold(attempt, now, revoked_at):
            outcome.error = DeviceStopped()
        elif attempt.id not in seen:
            seen.add(attempt.id)
            kept.append((outcome, view))
    keep(till, kept, now, revoked_at=revoked_at)
    echoes = [one for one in outcomes if one.error is None and not one.held and not one.repeated]
    if echoes:  # an id twice in one call: the second meets the line of the first
        again = facts_of(till, [one.attempt for one in echoes])
        for one in echoes:
            answered_before(one, again.get(one.attempt.id), till)
    return outcomes


@transaction.atomic
def prepare_judgement(
    *, lines: Sequence[uuid.UUID], release: bool, reason: str = "", at: datetime | None = None
) -> int:
    """Propose to release, or to refuse for a `reason` that the actor will read, each of these held lines.

    Returns how many. Raises NotAllowed, WhyMissing and NotDecidable (one of them is not waiting any more).
    """
    person_id, words = cashier(), " ".join(reason.split())
    if not release and not words:
        raise WhyMissing(field="reason")
    waiting = Held.objects.filter(pk__in=lines, state=State.WAITING)
    done = waiting.update(
        state=State.PREPARED,
        release=release,
        reason="" if release else words,
        prepared_by=person_id,
        prepared_at=at or timezone.now(),
    )
    if done != len(set(lines)):
        raise NotDecidable
    _record_each(lines, "held_prepared")
    return done


@transaction.atomic
def send_back(*, lines: Sequence[uuid.UUID]) -> None:
    """Take prepared judgements back. Raises NotAllowed and NotDecidable."""
    cashier()
    prepared = Held.objects.filter(pk__in=lines, state=State.PREPARED)
    done = prepared.update(state=State.WAITING, release=None, reason="", prepared_by=None, prepared_at=None)
    if done != len(set(lines)):
        raise NotDecidable
    _record_each(lines, "held_sent_back")


@transaction.atomic
def approve_judgement(*, lines: Sequence[uuid.UUID], release: bool, at: datetime | None = None) -> list[Outcome]:
    """Approve, for all of these lines, the judgement that the person has seen, and carry it out.

    Returns the outcome of each released line: accepted, or refused and then an incident. Raises NotAllowed,
    AnotherPersonDecides and NotDecidable (nothing is done then).
    """
    person_id, now = cashier(), at or timezone.now()
    prepared = Held.objects.filter(pk__in=lines, state=State.PREPARED, release=release)
    list(prepared.select_for_update(of=("self",)).order_by("pk").values_list("pk"))  # one order for everybody
    done = prepared.exclude(prepared_by=person_id).update(
        state=State.RELEASED if release else State.REFUSED, approved_by=person_id, approved_at=now
    )
    if done != len(set(lines)):
        raise AnotherPersonDecides if prepared.filter(prepared_by=person_id).exists() else NotDecidable
    rows = list(Held.objects.filter(pk__in=lines).order_by("site_id", "device_id", "person_id", "occurred_at", "pk"))
    outcomes = _redeem(rows, now) if release else []
    if not release:
        _refuse(rows, now)
    _record_each(lines, "held_judged")
    return outcomes


def _redeem(rows: list[Held], now: datetime) -> list[Outcome]:
    """Each till's lines through the redeem statement, in the order of the help: the first on a pass wins."""
    outcomes = []
    for (site_id, actor_id, device_id, person_id), mine in groupby(rows, key=_till_of):
        attempts = [
            Attempt(one.pk, Code(0, one.pass_id), one.service_id, one.occurred_at, offline=True, session=one.session)
            for one in mine
        ]
        outcomes += redeem(Till(site_id, actor_id, device_id, person_id), attempts, at=now)
    return outcomes


def _till_of(row: Held) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID | None, uuid.UUID | None]:
    return row.site_id, row.actor_id, row.device_id, row.person_id


def _refuse(rows: list[Held], now: datetime) -> None:
    """The attempt's answer for ever. No incident opens: two people have just decided who bears it."""
    Redemption.objects.bulk_create(
        [
            Redemption(
                id=one.pk,
                pass_id=one.pass_id,
                turn=None,
                outcome=Refusal.SITE_NOT_QUALIFIED,
                service_id=one.service_id,
                site_id=one.site_id,
                actor_id=one.actor_id,
                funder_id=one.funder_id,
                distributor_id=one.distributor_id,
                batch_id=one.batch_id,
                device_id=one.device_id,
                person_id=one.person_id,
                value_cents=one.value_cents,
                occurred_at=one.occurred_at,
                accounted_at=now,
                offline=True,
                session=one.session,
            )
            for one in rows
        ]
    )


def _record_each(lines: Sequence[uuid.UUID], verb: str) -> None:
    """One line of the trail for each held line: a few at a time, chosen by a person."""
    for one in Held.objects.filter(pk__in=lines).order_by("pk"):
        record(verb=verb, target=one, fields=("state",), organisation_id=one.actor_id)
