"""Why was this refused? A stored attempt, its decision replayed rule by rule, and what the pass would get now."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from actors.models import Site
from aptic.audit.services import record
from aptic.tenancy.principal import Hat, current
from passes import codes, redemption, rules
from passes.codes import Code
from passes.describe import code_keys
from passes.models import Held, Redemption
from passes.redemption import Till
from passes.refusals import Refusal
from passes.rules import Asked, Facts, Rule

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Replay:
    """One decision, step by step. `answer` is None when every rule holds."""

    facts: Facts
    asked: Asked
    steps: tuple[tuple[Rule, bool], ...]

    @property
    def answer(self) -> Refusal | None:
        """The reason of the first rule that does not hold."""
        return next((rule.reason for rule, holds in self.steps if not holds), None)


@dataclass(frozen=True, slots=True)
class Explained:
    """An attempt, the decision as it was (None: its facts were not kept), and the same pass now.

    `held`: the line that two people refused, whose answer this attempt is; no rule decided it.
    """

    attempt: Redemption
    name: str
    then: Replay | None
    now: Replay
    held: Held | None = None

    @property
    def agrees(self) -> bool:
        """Does replaying the facts give the answer that was stored?"""
        return self.then is None or self.then.answer == self.attempt.outcome


def attempts() -> QuerySet[Redemption]:
    """Those that the acting operator, or the acting actor at its own sites, may ask about."""
    principal = current()
    found = Redemption.objects.visible_to(principal).select_related("site", "service")
    return found if principal.is_operator else found.filter(actor_id=_actor())


def of_text(text: str) -> QuerySet[Redemption]:
    """The attempts on a pass (its first seven characters, or its whole code), or the one of that id; else none."""
    code = codes.parse(text) or codes.read_short(text)
    if code is not None:
        return attempts().filter(pass_id=code.serial).order_by("-accounted_at", "id")
    try:
        return attempts().filter(pk=uuid.UUID(text.strip()))
    except ValueError:
        return attempts().none()


def refused_on(sites: Iterable[Site], day: date) -> QuerySet[Redemption]:
    """What these sites refused on a day."""
    start = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    chosen = list(sites)
    return (
        attempts()
        .filter(turn=None, actor_id__in={site.actor_id for site in chosen}, site_id__in=[site.pk for site in chosen])
        .filter(accounted_at__gte=start, accounted_at__lt=start + timedelta(days=1))
        .order_by("-accounted_at", "id")
    )


def names_of(found: list[Redemption]) -> dict[int, str]:
    """The first seven characters of each pass."""
    keys = code_keys({one.batch_id for one in found}, [one.pass_id for one in found])
    return {one.pass_id: codes.short(one.pass_id, keys[one.batch_id]) for one in found if one.batch_id in keys}


def explain(attempt: Redemption) -> Explained:
    """Replay it, and look at the same pass now; who asked stays in the trail."""
    name, now = redemption.pass_name(attempt), timezone.now()
    view = redemption.look_up(Till(attempt.site_id, attempt.actor_id), Code(0, attempt.pass_id))
    record(verb="refusal_explained", target=attempt, organisation_id=attempt.actor_id)
    asked = Asked(attempt.service_id, attempt.occurred_at, attempt.accounted_at)
    return Explained(
        attempt=attempt,
        name=name,
        then=_replay(attempt.facts, asked) if attempt.facts else None,
        now=_steps(view.facts, Asked(attempt.service_id, now, now)),
        held=_refused_by_people(attempt),
    )


def _refused_by_people(attempt: Redemption) -> Held | None:
    refused = Held.objects.visible_to(current()).filter(pk=attempt.pk, state=Held.State.REFUSED)
    return None if attempt.facts else refused.order_by("pk").first()


def _replay(kept: dict[str, Any], asked: Asked) -> Replay | None:
    try:
        return _steps(Facts.from_json(kept), asked)
    except TypeError:  # kept by another version of the rules, which asked for other facts
        return None


def _steps(facts: Facts, asked: Asked) -> Replay:
    return Replay(facts, asked, tuple(rules.replay(facts, asked)))


def _actor() -> uuid.UUID | None:
    principal = current()
    return principal.organisation_id if principal.hat == Hat.ACTOR else None
