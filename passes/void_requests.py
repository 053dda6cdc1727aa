"""Undoing late: somebody at the counter asks, another person approves, until the line is in a payout.

What a device asks, the operator alone answers: nobody knows which of the actor's people held it.

After that the pass was paid: the request becomes an incident, which two people of the operator decide.
"""

import uuid
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from actors.models import Claim
from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.kinds import TransferKind
from aptic.ledger.models import Purse
from aptic.ledger.services import hold_purses
from aptic.tenancy.principal import Hat, current
from passes.conflict_errors import (
    AnotherPersonDecides,
    BatchOver,
    NotDecidable,
    NotVoidable,
    OperatorDecides,
    WhyMissing,
)
from passes.incidents.opening import open_for_mistake
from passes.models import Incident, Redemption, Void, VoidRequest

AT_THE_COUNTER = frozenset({Role.MANAGER, Role.AGENT, Role.SCANNER})
State = VoidRequest.State


def may_request_void(redemption: Redemption) -> bool:
    """May somebody at the counter ask that this redemption be undone? The quarter of an hour is not judged here."""
    if redemption.turn is None or redemption.is_voided:
        return False
    asked = VoidRequest.objects.filter(redemption=redemption, state=State.WAITING)
    return not asked.exists() and not Incident.objects.filter(pk=redemption.pk).exists()


@transaction.atomic
def request_void(
    *, redemption: Redemption, reason: str, device_id: uuid.UUID | None = None, at: datetime | None = None
) -> VoidRequest:
    """Ask, in words, that a redemption of one's own actor be undone; by a person of it, or by the device `device_id`.

    Raises NotAllowed, WhyMissing and NotVoidable (undone, asked for, or an incident already).
    """
    principal, words = current(), " ".join(reason.split())
    own = principal.hat == Hat.ACTOR and principal.organisation_id == redemption.actor_id
    person = principal.person_id is not None and principal.role in AT_THE_COUNTER
    if not own or not (person or device_id):
        raise NotAllowed
    if not words:
        raise WhyMissing(field="reason")
    if not may_request_void(redemption):
        raise NotVoidable
    request = VoidRequest(
        redemption=redemption,
        actor_id=redemption.actor_id,
        site_id=redemption.site_id,
        value_cents=redemption.value_cents,
        reason=words[:300],
        asked_by=principal.person_id,
        device_id=device_id,
        asked_at=at or timezone.now(),
    )
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if "one_waiting_void_request" not in str(error):
            raise
        raise NotVoidable from error
    record(verb="void_requested", target=request, organisation_id=request.actor_id)
    return request


@transaction.atomic
def approve_void(*, request: VoidRequest, at: datetime | None = None) -> Void | Incident:
    """Undo what was asked, by a manager of the actor or somebody of the operator, never who asked.

    Returns the void; or, when a payout has claimed the line, the incident that the request became. Raises NotAllowed,
    AnotherPersonDecides, OperatorDecides, NotDecidable and BatchOver.
    """
    person_id, now = _decider(request), at or timezone.now()
    if current().is_operator:  # alone in undoing after the end of a batch, whose value then leaves by the purse
        hold_purses(*Purse.objects.filter(funder=request.redemption.funder_id))
    VoidRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)  # of two approvals, one does it
    redemption = Redemption.objects.get(pk=request.redemption_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT passes_void(%s, %s, NULL, %s)", [redemption.pk, now, person_id])
    done: Void | Incident | None = Void.objects.filter(pk=redemption.pk).first()
    if done is None and not _is_paid(redemption):
        raise BatchOver
    if done is None:
        done = open_for_mistake(redemption, now)
    state = State.APPROVED if isinstance(done, Void) else State.INCIDENT
    _answer(request, state, person_id, now)
    record(verb=f"void_{state}", target=request, fields=("state",), organisation_id=request.actor_id)
    return done


@transaction.atomic
def refuse_void(*, request: VoidRequest, answer: str, at: datetime | None = None) -> None:
    """Leave the redemption as it is, and say why.

    Raises NotAllowed, AnotherPersonDecides, OperatorDecides, WhyMissing and NotDecidable.
    """
    person_id, words = _decider(request), " ".join(answer.split())
    if not words:
        raise WhyMissing(field="answer")
    _answer(request, State.REFUSED, person_id, at or timezone.now(), answer=words[:300])
    record(verb="void_refused", target=request, fields=("state",), organisation_id=request.actor_id)


def _decider(request: VoidRequest) -> uuid.UUID:
    """The person acting, if they may answer this request. Raises NotAllowed, AnotherPersonDecides, OperatorDecides."""
    principal = current()
    manager = principal.hat == Hat.ACTOR and principal.organisation_id == request.actor_id
    allowed = principal.is_operator or (manager and principal.role == Role.MANAGER)
    if not allowed or principal.person_id is None:
        raise NotAllowed
    if principal.person_id == request.asked_by:
        raise AnotherPersonDecides
    if request.is_from_device and not principal.is_operator:
        raise OperatorDecides
    return principal.person_id


def _answer(request: VoidRequest, state: str, person_id: uuid.UUID, now: datetime, *, answer: str = "") -> None:
    waiting = VoidRequest.objects.filter(pk=request.pk, state=State.WAITING)
    if not waiting.update(state=state, answer=answer, decided_by=person_id, decided_at=now):
        raise NotDecidable


def _is_paid(redemption: Redemption) -> bool:
    """Has a payout claimed the line?"""
    return Claim.objects.filter(transfer__event=redemption.pk, transfer__kind=TransferKind.REDEEM).exists()
