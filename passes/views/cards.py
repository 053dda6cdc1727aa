"""A site as a visitor reads it: where, when, for what, whom to call, how to go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from actors.models import Site
from actors.open_now import said
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
    url: str = ""
    standing: str = ""  # « Ouvert maintenant, jusqu’à 18 h »; empty when nobody said its hours
    number: int = 0
    comes: str = ""  # the commune asked for, when its round goes there


def card(
    site: Site,
    *,
    km: float | None,
    comes: str = "",
    number: int = 0,
    only: Iterable[int] = (),
    at: datetime | None = None,
) -> Card:
    """The card of a site; `only` keeps, of what it offers, the services that some pass pays (empty: all).

    With `at`, it says whether the site is open then.
    """
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
        url=reverse("site_page", args=[site.pk]),
        standing=said(site.opening_hours, at, site.commune.departement_id) if at else "",
        number=number,
        comes=comes,
    )
