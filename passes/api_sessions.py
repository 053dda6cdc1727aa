"""Sessions by the API: opened and closed by a device, so that a program's redemptions may name one.

POST sessions/                 {"id", "service", "minutes", "held_on"?, "kind"?, "mode"?} → 201, 200 for a repeat
POST sessions/{id}/close/      → 200, also when it was closed before
"""

import uuid
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_date

from aptic.problems import problem
from passes import sessions
from passes.api import BadLine, Bearer, body_of, device_endpoint, enter_till, uuid_of
from passes.catalogue import service_id, service_slug
from passes.errors import IdReused, SessionNotOpen
from passes.models import Session
from passes.models.sessions import LONGEST, SHORTEST
from passes.redemption import Till

FIELDS = {"id", "service", "minutes", "held_on", "kind", "mode"}
Wanted = dict[str, Any]


@device_endpoint("POST")
def open_session(request: HttpRequest, bearer: Bearer) -> HttpResponse:
    """Open one under the caller's id: 201 the first time, 200 with the same body for a repeat."""
    key, wanted = _read(body_of(request))
    for _ in range(2):  # of two at once, the one that loses finds the other's row
        try:
            with transaction.atomic():
                till = enter_till(bearer, [])
                stored = Session.objects.filter(pk=key).first()
                if stored is not None:
                    return JsonResponse(_body(_same(stored, till, wanted)))
                terms = {"held_on": timezone.localdate(), **wanted}
                return JsonResponse(_body(sessions.open_session(till=till, session_id=key, **terms)), status=201)
        except IntegrityError as error:
            if "passes_session_pkey" not in str(error):
                raise
    raise IdReused


@device_endpoint("POST")
def close(request: HttpRequest, bearer: Bearer, session_id: uuid.UUID) -> HttpResponse:
    """Close one of the device's site."""
    with transaction.atomic():
        till = enter_till(bearer, [])
        try:
            sessions.close_session(session_id=session_id, till=till)
        except SessionNotOpen:
            return problem(status=404, code="not_found", title="Séance introuvable", detail="")
        return JsonResponse(_body(Session.objects.get(pk=session_id)))


def _read(body: dict[str, Any]) -> tuple[uuid.UUID, Wanted]:
    """The id, and what `sessions.open_session` wants. Raises BadLine with a sentence that names the field."""
    if unknown := set(body) - FIELDS:
        raise BadLine(f"Champ inconnu : {', '.join(sorted(unknown))}.")
    slug, minutes = body.get("service"), body.get("minutes")
    service = service_id(slug) if isinstance(slug, str) else None
    if service is None:
        raise BadLine("« service » est le nom d’un service du vocabulaire.")
    if type(minutes) is not int or not SHORTEST <= minutes <= LONGEST:
        raise BadLine(f"« minutes » est un nombre de {SHORTEST} à {LONGEST}.")
    kind, mode = body.get("kind", Session.Kind.GROUP.value), body.get("mode", Session.Mode.SITE.value)
    for name, value, known in (("kind", kind, Session.Kind.values), ("mode", mode, Session.Mode.values)):
        if value not in known:
            raise BadLine(f"« {name} » vaut {', '.join(known)}.")
    wanted = {"service_id": service, "minutes": minutes, "kind": kind, "mode": mode}
    if body.get("held_on") is not None:  # otherwise today, whose repeat may come after midnight
        wanted["held_on"] = _day(body["held_on"])
    return uuid_of(body.get("id"), "id"), wanted


def _day(value: Any) -> date:
    try:
        found = parse_date(value)
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise BadLine("« held_on » est un jour, comme 2027-03-31.")
    return found


def _same(stored: Session, till: Till, wanted: Wanted) -> Session:
    """The session of that id when it is the one that is wanted. Raises IdReused."""
    if stored.site_id != till.site_id or any(getattr(stored, name) != value for name, value in wanted.items()):
        raise IdReused
    return stored


def _body(session: Session) -> dict[str, Any]:
    return {
        "id": session.pk,
        "service": service_slug(session.service_id),
        "held_on": session.held_on,
        "minutes": session.minutes,
        "kind": session.kind,
        "mode": session.mode,
        "site": session.site_id,
        "opened_at": session.opened_at,
        "closed_at": session.closed_at,
    }
