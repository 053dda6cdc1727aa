"""Holding a session at a counter: open it, take passes in it, close it. Its passes are redeemed as any other.

Whoever stands at the site's till may do each, a device or a person. The redeem statement holds the session's row, so
that closing comes wholly before or wholly after a pass; what was taken off line keeps its session, closed or not.
"""

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from aptic.audit.services import record
from aptic.tenancy.principal import current
from passes.errors import SessionDay, SessionNotOpen
from passes.models import Redemption, Session
from passes.models.passes import ByRedemption
from passes.redemption import Till

AROUND = timedelta(days=7)  # a session is noted within a week of the day it is held


def is_day_allowed(held_on: date, *, today: date) -> bool:
    """May a session of that day be opened today?

    >>> is_day_allowed(date(2027, 3, 1), today=date(2027, 3, 9))
    False
    """
    return abs(held_on - today) <= AROUND


@transaction.atomic
def open_session(
    *,
    till: Till,
    service_id: int,
    held_on: date,
    minutes: int,
    kind: str,
    mode: str,
    session_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Session:
    """Open a session at this till's site, under an id of the caller's if it gives one.

    Raises SessionDay, and IntegrityError on minutes out of bounds or an id that exists.
    """
    now = at or timezone.now()
    if not is_day_allowed(held_on, today=timezone.localdate(now)):
        raise SessionDay(field="held_on")
    session = Session.objects.create(
        id=session_id or uuid.uuid4(),
        actor_id=till.actor_id,
        site_id=till.site_id,
        service_id=service_id,
        held_on=held_on,
        minutes=minutes,
        kind=kind,
        mode=mode,
        opened_at=now,
        opened_by=till.person_id,
        opened_on_device=till.device_id,
    )
    record(verb="session_opened", target=session, organisation_id=till.actor_id)
    return session


@transaction.atomic
def close_session(*, session_id: uuid.UUID, till: Till, at: datetime | None = None) -> bool:
    """Close a session of this till's site: it takes no pass on line any more. False when it was closed before.

    Waits for the redemptions under way in it. Raises SessionNotOpen when this site has no such session.
    """
    here = Session.objects.filter(pk=session_id, actor_id=till.actor_id, site_id=till.site_id)
    now = at or timezone.now()
    done = here.still_open().update(closed_at=now, closed_by=till.person_id, closed_on_device=till.device_id)
    if done:
        record(verb="session_closed", target=here.get(), fields=("closed_at",), organisation_id=till.actor_id)
    elif not here.exists():
        raise SessionNotOpen
    return bool(done)


def slips_of(session: Session) -> ByRedemption:
    """What was redeemed in a session, undone since or not, in the order of recording, as the principal may see it."""
    rows = Redemption.objects.visible_to(current()).accepted().filter(session=session.pk, site_id=session.site_id)
    return rows.select_related("service", "void").order_by("accounted_at", "pass_id")


def totals(session: Session) -> dict[str, int]:
    """How many passes a session has, their cents, and of how many booklets."""
    live = slips_of(session).live().order_by()
    found = live.aggregate(passes=Count("pk"), cents=Sum("value_cents"))
    return {"passes": found["passes"], "cents": found["cents"] or 0}


def counted_by_session(sessions: list[Session]) -> dict[uuid.UUID, tuple[int, int]]:
    """(passes, cents) of each of these sessions of one site; one query."""
    rows = Redemption.objects.visible_to(current()).filter(session__in=[one.pk for one in sessions]).live().order_by()
    here = Q(site_id__in={one.site_id for one in sessions})
    found = rows.filter(here).values_list("session").annotate(passes=Count("pk"), cents=Sum("value_cents"))
    return {key: (passes, cents) for key, passes, cents in found}
