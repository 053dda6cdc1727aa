"""The operator's further verbs: give a file to somebody, ask for corrections, answer an appeal."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from actors.permissions import DECIDES, check_decider
from aptic.accounts.models import Membership
from aptic.audit.services import record
from aptic.tenancy.principal import current
from qualification import answering, errors, letters
from qualification.candidacy import refusing_twins
from qualification.candidacy_models import Appeal, Decision, Remark
from qualification.models import Application

State = Application.State


@transaction.atomic
def assign(*, application: Application, person_id: uuid.UUID | None) -> None:
    """Say who follows a file; None gives it back to everybody. Raises NotAllowed and NobodyThere."""
    check_decider()
    if person_id is not None and not deciders().filter(user_id=person_id).exists():
        raise errors.NobodyThere(field="person")
    Application.objects.filter(pk=application.pk).update(assigned_to=person_id)
    record(verb="application_assigned", target=application, fields=("assigned_to",))


def deciders() -> QuerySet[Membership]:
    """The operator's people who decide."""
    return Membership.objects.active().filter(organisation__is_operator=True, role__in=DECIDES - {""})


@transaction.atomic
def ask_correction(
    *, application: Application, remarks: Mapping[str, str], message: str = "", at: datetime | None = None
) -> Application:
    """Give the ball back, with a remark beside each field it is about (« part:field »); the rank is kept.

    Raises NotAllowed, ReasonMissing without any word, and AlreadyDecided.
    """
    check_decider()
    said = {field: text.strip() for field, text in remarks.items() if text.strip()}
    if not said and not message.strip():
        raise errors.ReasonMissing(field="message")
    row, now = answering.hold(application, (State.SUBMITTED,)), at or timezone.now()
    person = current().person_id
    Remark.objects.bulk_create(
        [Remark(application=row, field=field, text=text, made_by=person, made_at=now) for field, text in said.items()]
    )
    row.state, row.reason = State.CORRECTION, message.strip()
    row.save(update_fields=["state", "reason"])
    reason = " ".join(filter(None, (message.strip(), *said.values())))[:1000]
    answering.keep(row, Decision.Verb.CORRECTION, reason=reason, at=now)
    record(verb="application_correction", target=row, fields=("state", *said))
    letters.tell(row, "application_correction", remarks=list(said.values()))
    return row


@transaction.atomic
def answer_appeal(*, application: Application, granted: bool, answer: str, at: datetime | None = None) -> Appeal:
    """Uphold a refusal, or put the file back among those to be studied, in the hands of whoever grants it.

    Raises NotAllowed, ReasonMissing, NotRefused, SecondPersonNeeded, and AlreadyApplied when another application of the
    same SIRET has come in between.
    """
    check_decider()
    if not answer.strip():
        raise errors.ReasonMissing(field="answer")
    row, now, person = answering.hold(application, (State.REFUSED,)), at or timezone.now(), current().person_id
    appeal = Appeal.objects.select_for_update(of=("self",)).filter(application=row, decided_at=None).first()
    if appeal is None:
        raise errors.NotRefused
    if answering.is_barred(appeal):
        raise errors.SecondPersonNeeded
    appeal.granted, appeal.answer, appeal.decided_by, appeal.decided_at = granted, answer.strip(), person, now
    appeal.save(update_fields=["granted", "answer", "decided_by", "decided_at"])
    if granted:
        row.state, row.decided_at, row.decided_by, row.reason, row.assigned_to = State.SUBMITTED, None, None, "", person
        with refusing_twins():
            row.save(update_fields=["state", "decided_at", "decided_by", "reason", "assigned_to"])
        answering.keep(row, Decision.Verb.REOPENED, reason=answer.strip(), at=now)
    record(verb="appeal_granted" if granted else "appeal_dismissed", target=row, fields=("appeal",))
    letters.tell(row, "appeal_answered", granted=granted, answer=answer.strip())
    return appeal
