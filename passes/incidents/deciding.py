"""Deciding an incident: one person of the operator prepares, another approves, and money moves with the approval."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from actors.settlement.people import cashier
from aptic import french
from aptic.audit.services import record
from aptic.ledger.errors import InsufficientFunds
from aptic.ledger.guarantee import guaranteed_cents
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Account
from aptic.ledger.services import account, hold_purses, open_purse, post
from passes import incident_rules
from passes.conflict_errors import AnotherPersonDecides, GuaranteeTooSmall, NotDecidable, NotPaid, WhyMissing
from passes.models import Incident

State, Decision = Incident.State, Incident.Decision


@transaction.atomic
def prepare_decision(*, incident: Incident, decision: str, note: str = "", at: datetime | None = None) -> None:
    """Propose who bears the loss, or how it is recovered, to a second person.

    Raises NotAllowed, WhyMissing (a decision that departs from the rule says why) and NotDecidable.
    """
    person_id, words = cashier(), " ".join(note.split())
    if decision not in incident_rules.decisions(incident.kind, incident.bearer):
        raise NotDecidable
    if incident_rules.needs_reason(incident.kind, incident.bearer, decision) and not words:
        raise WhyMissing(field="note")
    waiting = Incident.objects.filter(pk=incident.pk, state=State.OPEN)
    if not waiting.update(
        state=State.PREPARED, decision=decision, note=words, prepared_by=person_id, prepared_at=at or timezone.now()
    ):
        raise NotDecidable
    record(verb="incident_prepared", target=incident, fields=("decision", "note"), organisation_id=incident.actor_id)


@transaction.atomic
def send_back(*, incident: Incident) -> None:
    """Take a prepared decision back, by whoever prepared it or by the person who would approve it.

    Raises NotAllowed and NotDecidable.
    """
    cashier()
    prepared = Incident.objects.filter(pk=incident.pk, state=State.PREPARED)
    if not prepared.update(state=State.OPEN, decision="", note="", prepared_by=None, prepared_at=None):
        raise NotDecidable
    record(verb="incident_sent_back", target=incident, fields=("decision",), organisation_id=incident.actor_id)


@transaction.atomic
def approve_decision(*, incident: Incident, decision: str, at: datetime | None = None) -> None:
    """Approve the `decision` that the person has seen, and carry it out; of two approvals at once, one is done.

    Raises NotAllowed, AnotherPersonDecides, NotDecidable, NotPaid and GuaranteeTooSmall (nothing is decided then).
    """
    person_id, now = cashier(), at or timezone.now()
    prepared = Incident.objects.filter(pk=incident.pk, state=State.PREPARED, decision=decision)
    awaits = decision == Decision.REPAID
    if not prepared.exclude(prepared_by=person_id).update(
        state=State.AWAITING if awaits else State.CLOSED,
        approved_by=person_id,
        approved_at=now,
        closed_at=None if awaits else now,
    ):
        raise AnotherPersonDecides if prepared.exists() else NotDecidable
    decided = Incident.objects.select_related("purse").get(pk=incident.pk)
    if decision == Decision.GUARANTEE:
        _pay_from_guarantee(decided, now)
    elif decision in (Decision.RETAINED, Decision.REPAID):
        _undo(decided, now)
    record(verb="incident_decided", target=incident, fields=("approved_by",), organisation_id=incident.actor_id)


def claim_of(incident: Incident) -> Account:
    """The account of this case in the purse that was harmed."""
    return account(purse=incident.purse, kind=AccountKind.CLAIM, about=incident.pk, actor_id=incident.actor_id)


def payable_of(incident: Incident) -> Account:
    """What that purse owes the incident's actor."""
    about = incident.actor_id
    return account(purse=incident.purse, kind=AccountKind.PAYABLE, about=about, actor_id=about)


def _pay_from_guarantee(incident: Incident, now: datetime) -> None:
    """The actor is owed the pass in the funder's purse, and the guarantee's bank account makes that purse whole."""
    guarantee = open_purse(funder=None)
    hold_purses(guarantee, incident.purse)
    claim, safeguarded = claim_of(incident), AccountKind.SAFEGUARDED
    try:
        post(
            kind=TransferKind.GUARANTEE_PAID,
            debit=account(purse=guarantee, kind=AccountKind.GUARANTEE),
            credit=account(purse=guarantee, kind=safeguarded),
            amount_cents=incident.value_cents,
            event=incident.pk,
            at=now,
        )
    except InsufficientFunds as error:
        held = guaranteed_cents()
        raise GuaranteeTooSmall(
            f"La garantie n’a plus que {french.euros(held)} et cet incident en demande "
            f"{french.euros(incident.value_cents)}."
        ) from error
    for kind, debit, credit in (
        (TransferKind.INCIDENT_OPENED, claim, payable_of(incident)),
        (TransferKind.GUARANTEE_GRANTED, account(purse=incident.purse, kind=safeguarded), claim),
    ):
        post(kind=kind, debit=debit, credit=credit, amount_cents=incident.value_cents, event=incident.pk, at=now)


def _undo(incident: Incident, now: datetime) -> None:
    """The pass opens again at the expense of a claim on the actor; retained, the claim ends with the next payout.

    When the payout that had claimed the line was given up meanwhile, nobody owes anything: it is voided, no more.
    """
    hold_purses(incident.purse)
    claim = claim_of(incident)
    if _call("passes_reopen", incident.pk, now, incident.approved_by, claim.pk):
        if incident.decision == Decision.RETAINED:
            _recover(incident, claim, now)
    elif incident.decision == Decision.REPAID:
        raise NotPaid
    elif not _call("passes_void", incident.pk, now, None, incident.approved_by):
        raise NotDecidable


def _recover(incident: Incident, claim: Account, now: datetime) -> None:
    post(
        kind=TransferKind.RECOVERED,
        debit=payable_of(incident),
        credit=claim,
        amount_cents=incident.value_cents,
        event=incident.pk,
        at=now,
    )


def _call(function: str, *values: Any) -> datetime | None:
    """Call one of the functions that undo a redemption; None when it did nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(values))})", values)
        return cursor.fetchone()[0]
