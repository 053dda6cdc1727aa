"""An actor at a glance: its sites and what they do not say, its devices and people, who hosts it, what visitors report.

A fixed number of queries, whatever the size; each list shows its first rows, those that ask for something before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from actors.directory_models import SiteChange
from actors.models import Site
from actors.site_gaps import gaps
from aptic.accounts.models import Device, Membership, Role
from aptic.tenancy.principal import Principal

SHOWN = 5  # rows of each list; the pages behind have all
SILENT = timedelta(days=30)  # a device that was not heard for so long may be lost
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Place:
    """One open site, how many services it offers, who hosts it, and what it does not say."""

    site: Site
    gaps: list[str]


@dataclass(frozen=True, slots=True)
class Till:
    """One device, the name of its site, and its state: "ok", "silent", "waiting" or "expired" (its link)."""

    device: Device
    place: str
    state: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the actor's home says of everything but money."""

    reports: int
    places: list[Place]
    closed: int
    tills: list[Till]
    stopped: list[Device]  # since a month
    people: int  # who may redeem
    scanners: int  # of them, those who only do that
    nowhere: int  # scanners without a site

    @property
    def unsaid(self) -> list[Place]:
        """The sites that do not say everything, those that lack most first."""
        return sorted((one for one in self.places if one.gaps), key=lambda one: -len(one.gaps))

    @property
    def hosts(self) -> list[tuple[str, str]]:
        """(host, site) of the sites that a structure hosts."""
        return [(one.site.host, one.site.name) for one in self.places if one.site.host]

    @property
    def quiet(self) -> list[Till]:
        """Devices that ask for something: to pair, silent."""
        return [one for one in self.tills if one.state != "ok"]


def standing_of(principal: Principal, *, at: datetime | None = None) -> Standing:
    """Everything about the acting actor's places and people. Five queries."""
    now = at or timezone.now()
    sites = list(Site.objects.visible_to(principal).select_related("commune").order_by("search_key", "id"))
    names = {site.pk: site.name for site in sites}
    live = list(Device.objects.visible_to(principal).live().order_by("name", "id"))
    stopped = Device.objects.visible_to(principal).revoked().filter(revoked_at__gt=now - RECENT)
    people = _people(principal)
    return Standing(
        reports=SiteChange.objects.visible_to(principal).waiting().count(),
        places=[Place(site, gaps(site)) for site in sites if site.open],
        closed=sum(not site.open for site in sites),
        tills=_tills(live, names, now),
        stopped=list(stopped[:SHOWN]),
        people=len(people),
        scanners=sum(role == Role.SCANNER for role, _ in people),
        nowhere=sum(role == Role.SCANNER and not assigned for role, assigned in people),
    )


def _people(principal: Principal) -> list[tuple[str, int]]:
    """(role, sites assigned to) of the members who may redeem."""
    members = Membership.objects.visible_to(principal).active().exclude(role=Role.FINANCE)
    mine = members.filter(organisation=principal.organisation_id)
    counted = mine.annotate(assigned=Count("sites", filter=Q(sites__site__open=True)))
    return list(counted.order_by("pk").values_list("role", "assigned"))


def _tills(devices: Sequence[Device], names: dict[UUID, str], now: datetime) -> list[Till]:
    """What asks for something first, then the most recently used."""
    found = [Till(one, names.get(one.site_id, ""), _state(one, now)) for one in devices]
    order = ("expired", "waiting", "silent", "ok")
    return sorted(found, key=lambda till: (order.index(till.state), -_last(till.device).timestamp()))


def _state(device: Device, now: datetime) -> str:
    if device.paired_at is None:
        expires = device.pairing_expires_at
        return "waiting" if expires and expires > now else "expired"
    return "silent" if _last(device) < now - SILENT else "ok"


def _last(device: Device) -> datetime:
    """When it was heard for the last time, or what is known nearest to it."""
    return device.last_used_at or device.paired_at or device.created_at
