"""Noting, at the counter, what the help changed: five questions of one tap each, none of them needed.

The answers are about a redemption that stands, for a week; the same counter may correct them. Nobody is named, and
what is shown afterwards is counted and suppressed (`impact/observed.py`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from aptic.audit.services import record
from aptic.errors import DomainError
from impact.models import QUESTIONS, Answer, Level, Observation
from passes.models import Redemption

WEEK = timedelta(days=7)
CHOICES = {"first_here": Answer, "never_helped": Answer, "before": Level, "after": Level, "referred": Answer}


class NotObservable(DomainError):
    """The redemption was undone, or is of another week."""

    code = "not_observable"
    status = 409
    message = "L’effet de cette aide ne peut plus être noté."
    next_step = "Un encaissement annulé, ou de plus d’une semaine, ne se note pas."


def may_observe(redemption: Redemption, *, at: datetime) -> bool:
    """May its effect still be noted?"""
    return redemption.turn is not None and not redemption.is_voided and at - redemption.accounted_at <= WEEK


def known(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that stand in the closed lists, by question; anything else was not said.

    >>> known({"before": "helped", "after": "a name", "other": "x"})
    {'before': 'helped'}
    """
    return {name: answers[name] for name in QUESTIONS if answers.get(name) in CHOICES[name].values}


@transaction.atomic
def observe(*, redemption: Redemption, answers: Mapping[str, str], at: datetime | None = None) -> Observation | None:
    """Note these answers, in the place of those noted before; None when there is nothing to note.

    Raises NotObservable. The first note is in the trail, without what it says.
    """
    now, said = at or timezone.now(), known(answers)
    if not may_observe(redemption, at=now):
        raise NotObservable
    if not said:
        return None
    values = {
        "actor_id": redemption.actor_id,
        "funder_id": redemption.funder_id,
        "site_id": redemption.site_id,
        "batch_id": redemption.batch_id,
        "observed_at": now,
        **dict.fromkeys(QUESTIONS, ""),
        **said,
    }
    noted, first = Observation.objects.update_or_create(redemption_id=redemption.pk, defaults=values)
    if first:
        record(verb="effect_observed", target=noted, organisation_id=redemption.actor_id)
    return noted
