"""How what a counter took is shown, on a receipt, in a session and in the day: its state, and what may still be done.

A fixed number of queries whatever the number of lines.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from actors.models import Claim, Site
from aptic import french
from aptic.ledger.kinds import TransferKind
from passes import rules
from passes.codes import short
from passes.describe import code_keys
from passes.models import Incident, Redemption, VoidRequest
from passes.redemption import Till
from passes.refusals import EXPLANATIONS, Refusal

PAID = "Déjà dans un paiement."
INCIDENT = "Déjà dans un paiement : l’opérateur en a fait un incident, et décide."
ASKED = "Une autre personne doit répondre à votre demande."
ASKED_BY_DEVICE = "L’opérateur doit répondre à votre demande."


@dataclass(frozen=True, slots=True)
class Line:
    """One attempt as the counter shows it. `kind` colours `tag`; `words` say what comes of it; `paid`: in a payout."""

    one: Redemption
    name: str
    tag: str
    kind: str = ""
    words: str = ""
    may_void: bool = False
    may_ask: bool = False
    paid: bool = False

    @property
    def is_live(self) -> bool:
        """Does it still stand?"""
        return self.one.turn is not None and not self.one.is_voided


def history(request: HttpRequest, place: Site) -> Any:
    """Every attempt at this counter."""
    return (
        Redemption.objects.visible_to(request.principal)  # type: ignore[attr-defined]
        .filter(actor_id=place.actor_id, site_id=place.pk)
        .select_related("service", "void", "site")
    )


def dress(request: HttpRequest, rows: Sequence[Redemption], *, at: datetime | None = None) -> list[Line]:
    """The lines of these attempts, in their order."""
    now, keys = at or timezone.now(), [one.pk for one in rows]
    versions = code_keys({one.batch_id for one in rows}, [one.pass_id for one in rows])
    asked = _requests(keys)
    incidents = set(Incident.objects.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    paid = _claimed(keys)
    till: Till = request.till  # type: ignore[attr-defined]
    return [
        _line(one, short(one.pass_id, versions[one.batch_id]), asked.get(one.pk), one.pk in incidents,
              paid=one.pk in paid, may_void=_may_void(till, one, now))
        for one in rows
    ]  # fmt: skip


def _line(one: Redemption, name: str, asked: VoidRequest | None, incident: bool, *, paid: bool, may_void: bool) -> Line:
    if one.turn is None:
        return Line(one, name, "refusé", "no", EXPLANATIONS[Refusal(one.outcome)].sentence)
    if one.is_voided:
        return Line(one, name, "annulé", words=f"Le {french.moment(one.void.accounted_at)}.")
    if incident:
        return Line(one, name, "incident", "wait", INCIDENT, paid=True)
    if asked and asked.state == VoidRequest.State.WAITING:
        return Line(
            one, name, "annulation demandée", "wait", ASKED_BY_DEVICE if asked.is_from_device else ASKED, paid=paid
        )
    words = PAID if paid else ""
    if asked and asked.state == VoidRequest.State.REFUSED:
        words = f"Annulation refusée : {asked.answer}"
    may_void = may_void and not paid
    return Line(one, name, "encaissé", "ok", words, may_void=may_void, may_ask=not may_void, paid=paid)


def _requests(keys: list[uuid.UUID]) -> dict[uuid.UUID, VoidRequest]:
    """The latest request about each."""
    return {
        one.redemption_id: one for one in VoidRequest.objects.filter(redemption__in=keys).order_by("asked_at", "id")
    }


def _claimed(keys: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those that a payout has claimed."""
    claims = Claim.objects.filter(transfer__event__in=keys, transfer__kind=TransferKind.REDEEM)
    return set(claims.order_by().values_list("transfer__event", flat=True))


def _may_void(till: Till, stored: Redemption, now: datetime) -> bool:
    mine = (stored.device_id, stored.person_id) == (till.device_id, till.person_id)
    return rules.may_void(recorded_at=stored.accounted_at, now=now, same_till=mine)
