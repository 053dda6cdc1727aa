"""What every answer to an application does: hold the file, write the state, keep the reason and what it was worth."""

import uuid
from datetime import datetime

from aptic.audit.services import record
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from qualification import errors, letters, rules
from qualification.candidacy_models import Appeal, Decision
from qualification.models import Application
from qualification.referential_models import Weighting

State = Application.State


def hold(application: Application, states: tuple[Application.State, ...]) -> Application:
    """The application, held until the decision commits.

    Raises AlreadyDecided when its state is none of `states`, and FreshEyesNeeded for whoever gave a refusal that an
    appeal has reopened: an appeal is lodged once, so that person would have the last word (trigger, migration 0012).
    """
    held = Application.objects.select_for_update(of=("self",)).select_related("commune", "referential")
    row = held.filter(pk=application.pk, state__in=states).first()
    if row is None:
        raise errors.AlreadyDecided
    appeal = Appeal.objects.filter(application=row, granted=True).first()
    if appeal is not None and is_barred(appeal):
        raise errors.FreshEyesNeeded
    return row


def is_barred(appeal: Appeal) -> bool:
    """Whether the person acting gave the refusal that was appealed."""
    return appeal.refused_by is not None and appeal.refused_by == current().person_id


def write(
    row: Application, state: Application.State, *, reason: str, organisation: Organisation | None, at: datetime
) -> None:
    """Decide: the state with its date, its author and its reason, and one line of history that nothing changes."""
    row.state, row.reason = state, reason
    row.organisation = organisation or row.organisation
    row.decided_at, row.decided_by = at, current().person_id
    row.save(update_fields=["state", "reason", "organisation", "decided_at", "decided_by"])
    keep(row, Decision.Verb(state.value), reason=reason, at=at)
    reader: uuid.UUID | None = row.organisation.pk if row.organisation else None
    record(verb=f"application_{state.value}", target=row, fields=("state", "reason"), organisation_id=reader)


def keep(row: Application, verb: Decision.Verb, *, reason: str, at: datetime) -> None:
    """One line of history, with the score of the moment."""
    assert row.submitted_at is not None  # what is answered was sent
    score = score_of(row)
    Decision(
        application=row,
        verb=verb,
        reason=reason,
        points=score.points if score else None,
        maximum=score.maximum if score else None,
        submitted_at=row.submitted_at,
        decided_by=current().person_id,
        decided_at=at,
    ).save(force_insert=True)


def score_of(row: Application) -> rules.Score | None:
    """What the answers are worth under the weights of their own version; None without a questionnaire."""
    if row.referential is None:
        return None
    weights = Weighting.objects.filter(pk=row.referential_id).first()
    return rules.score(row.referential.content, weights.points, row.answers) if weights else None


def replace_predecessors(row: Application, *, at: datetime) -> None:
    """Whoever applied with a SIRET that is taken over is told that somebody else does now."""
    if not row.takes_over:
        return
    live = Application.objects.select_for_update(of=("self",)).filter(
        siret=row.siret, state__in=(State.SUBMITTED, State.CORRECTION, State.WAITING)
    )
    for former in live.exclude(pk=row.pk).order_by("id"):
        reason = f"Le SIRET est repris par {row.contact_name} pour {row.organisation_name}."
        write(former, State.REPLACED, reason=reason, organisation=None, at=at)
        letters.tell(former, "application_replaced")
