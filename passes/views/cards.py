"""A site as a visitor reads it: where, when, for what, whom to call, how to go."""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.models import Site
from passes.balance import address_of
from passes.catalogue import service_name

ROUTE = "https://www.openstreetmap.org/directions?to={:.5f}%2C{:.5f}"


@dataclass(frozen=True, slots=True)
class Card:
    """What `components/site.html` prints. `number` is that of its pin, 0 without a map."""

    name: str
    address: str
    hours: str
    services: str
    phone: str
    route_url: str
    km: float | None
    number: int = 0


def card(site: Site, *, km: float | None, number: int = 0, only: Iterable[int] = ()) -> Card:
    """The card of a site; `only` keeps, of what it offers, the services that some pass pays (empty: all)."""
    wanted = set(only)
    offered = [pk for pk in site.services if not wanted or pk in wanted]
    return Card(
        name=site.name,
        address=address_of(site),
        hours=site.hours_said,
        services=", ".join(service_name(pk) for pk in offered),
        phone=site.phone,
        route_url=ROUTE.format(site.latitude, site.longitude) if site.latitude is not None else "",
        km=km,
        number=number,
    )
