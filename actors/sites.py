"""The counters of an actor: opened, described, closed for a reason, opened again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from actors.errors import ClosedByOperator, NotInState, ReasonMissing, UnknownService
from actors.models import Site
from actors.opening_hours import understand
from actors.permissions import EDITS_SITES, check_role
from actors.places import ensure_place
from actors.site_description import SiteDescription
from aptic.audit.services import record
from aptic.locks import Lock, share_lock, wait_lock
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from aptic.territories.models import Commune
from aptic.vocabulary.models import Service

DESCRIBED = (*SiteDescription.FIELDS, "quick_mode")


@transaction.atomic
def open_site(
    *,
    actor: Organisation,
    name: str,
    address: str,
    commune: Commune,
    phone: str,
    at: datetime | None = None,
    **more: Any,
) -> Site:
    """One more counter, in a territory where the actor has its place; the operator takes the place if need be.

    `more` is any other of `DESCRIBED`. Raises NotAllowed, UnknownService, InvalidHours, AnotherTerritory and, for the
    operator, what qualification raises.
    """
    check_role(EDITS_SITES, actor.pk)
    now = at or timezone.now()
    share_lock(Lock.ACTOR, actor.pk)  # a suspension under way knows every site, or this one waits for it
    described = checked_description(
        {"services": (), **more, "name": name, "address": address, "commune": commune, "phone": phone}
    )
    site = Site(actor=actor, created_at=now, described_at=now, **described)
    ensure_place(actor=actor, keys=commune.keys(), at=now)
    site.save(force_insert=True)
    record(verb="site_opened", target=site, organisation_id=actor.pk)
    return site


@transaction.atomic
def edit_site(*, site: Site, at: datetime | None = None, **changes: Any) -> Site:
    """Change what a site says of itself: any of `DESCRIBED`. Moving it asks for a place where it goes.

    A new commune without a new point takes the commune's. Raises NotAllowed, UnknownService, InvalidHours and
    AnotherTerritory.
    """
    check_role(EDITS_SITES, site.actor_id)
    changes = checked_description(changes)
    if "commune" in changes:
        share_lock(Lock.ACTOR, site.actor_id)  # the place it moves to is not given back meanwhile
    row = Site.objects.select_for_update(of=("self",)).select_related("actor", "commune").get(pk=site.pk)
    if "latitude" in changes and changes["latitude"] is None:  # its commune’s, until somebody says better
        home = changes.get("commune", row.commune)
        changes |= {"latitude": home.latitude, "longitude": home.longitude}
    changed = tuple(name for name, value in changes.items() if getattr(row, name) != value)
    if "commune" in changed:
        ensure_place(actor=row.actor, keys=changes["commune"].keys(), at=at or timezone.now())
        changes = {"latitude": None, "longitude": None, **changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.described_at = at or timezone.now()
    row.save()
    if changed:
        record(verb="site_edited", target=row, fields=changed, organisation_id=row.actor_id)
    return row


@transaction.atomic
def close_site(*, site: Site, reason: str, at: datetime | None = None) -> None:
    """Close a counter at once: whoever presents a pass there afterwards is refused, whoever did before is done.

    The site's exclusive lock waits for the redemptions under way. Raises NotAllowed, ReasonMissing and NotInState.
    """
    check_role(EDITS_SITES, site.actor_id)
    if not reason.strip():
        raise ReasonMissing
    wait_lock(Lock.SITE, site.pk)
    by_operator = current().is_operator
    opened = Site.objects.visible_to(current()).filter(pk=site.pk, open=True)
    if not opened.update(
        open=False, closed_reason=reason.strip(), closed_by_operator=by_operator, closed_at=at or timezone.now()
    ):
        raise NotInState
    record(verb="site_closed", target=site, fields=("open", "closed_reason"), organisation_id=site.actor_id)
    site.refresh_from_db()


@transaction.atomic
def reopen_site(*, site: Site, at: datetime | None = None) -> None:
    """Open a counter again, where the actor still has its place.

    Raises NotAllowed, NotInState, AnotherTerritory, and ClosedByOperator for the actor of a site it closed.
    """
    check_role(EDITS_SITES, site.actor_id)
    closed = Site.objects.visible_to(current()).filter(pk=site.pk, open=False)
    mine = closed if current().is_operator else closed.filter(closed_by_operator=False)
    if mine.exists():  # its places, those of its round too, may have been given back meanwhile, or a cap set
        share_lock(Lock.ACTOR, site.actor_id)  # nor are they while it opens
        row = Site.objects.select_for_update(of=("self",)).select_related("actor").get(pk=site.pk)
        ensure_place(actor=row.actor, keys=row.territories, at=at or timezone.now(), new=False)
    if not mine.update(open=True, closed_reason="", closed_by_operator=False, closed_at=None):
        raise ClosedByOperator if closed.exists() else NotInState
    record(verb="site_reopened", target=site, fields=("open", "closed_reason"), organisation_id=site.actor_id)
    site.refresh_from_db()


def checked_description(description: dict[str, Any]) -> dict[str, Any]:
    """The same fields, cleaned: texts without blanks around, services that exist, hours in the open syntax.

    Raises UnknownService, InvalidHours, and TypeError for what no site has.
    """
    if unknown := description.keys() - set(DESCRIBED):
        raise TypeError(f"a site has no {', '.join(sorted(unknown))}")
    cleaned: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in description.items()
    }
    if "services" in cleaned:
        cleaned["services"] = checked_services(cleaned["services"])
    if "opening_hours" in cleaned:
        cleaned["opening_hours"] = understand(cleaned["opening_hours"])
    return cleaned


def checked_services(chosen: Iterable[int]) -> list[int]:
    """The ids of services, each once, services of the standard first; a finer one brings the service above it.

    Raises UnknownService.
    """
    wanted = {int(one) for one in chosen}
    above = dict(Service.objects.active().filter(pk__in=wanted).values_list("pk", "parent_id"))
    if len(above) != len(wanted):
        raise UnknownService(field="services")
    wanted.update(parent for parent in above.values() if parent is not None)
    known = Service.objects.filter(pk__in=wanted).order_by(F("parent_id").asc(nulls_first=True), "position", "id")
    return list(known.values_list("pk", flat=True))
