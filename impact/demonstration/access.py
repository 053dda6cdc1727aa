"""Tokens of the demonstration: a fresh device for each open site, a fresh key for each kind of organisation.

Tokens are kept as hashes, so each call makes new ones; those of the last calls go on working, older ones are revoked.
"""

from collections import defaultdict
from typing import Any

from actors.models import Site
from aptic.accounts.devices import claim_pairing, create_device, revoke_device
from aptic.accounts.keys import create_api_key, revoke_api_key
from aptic.accounts.models import APIKey, Device
from aptic.accounts.scopes import offered_to
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.vocabulary.models import Service
from impact.demonstration import cast
from impact.demonstration.minting import FIRST_SERVICE, first_site

NAME = "Démonstration"
KEPT = 4  # calls whose devices and keys go on working
KEY_HOLDERS = (
    (cast.INSTITUTIONS[0], Hat.OPERATOR),
    (cast.INSTITUTIONS[1], Hat.FUNDER),
    (cast.PROVIDERS[0].organisation, Hat.ACTOR),
)


def devices() -> list[dict[str, Any]]:
    """{"site", "token", "services"} of every open site, the first counter of the cast first."""
    with acting(Principal(hat=Hat.OPERATOR)):
        first = first_site()
        others = Site.objects.open_to_public().exclude(pk=first.pk).select_related("actor")
        sites = [first, *others.order_by("search_key", "pk")]
        _revoke_former(sites)
        slugs = dict(Service.objects.values_list("pk", "slug"))
        return [{"site": site.name, "token": _pair(site), "services": _services(site, slugs)} for site in sites]


def _pair(site: Site) -> str:
    _, pairing = create_device(organisation_id=site.actor_id, site_id=site.pk, name=NAME)
    return claim_pairing(pairing).token


def _services(site: Site, slugs: dict[int, str]) -> list[str]:
    """What the site offers, the service that every live code pays first."""
    offered = [pk for pk in site.services if pk != FIRST_SERVICE]
    return [slugs[pk] for pk in (FIRST_SERVICE, *offered)]


def _revoke_former(sites: list[Site]) -> None:
    live: dict[Any, list[Device]] = defaultdict(list)
    former = Device.objects.live().filter(name=NAME, site_id__in=[site.pk for site in sites])
    for device in former.order_by("-created_at"):
        live[device.site_id].append(device)
    for found in live.values():
        for device in found[KEPT - 1 :]:
            revoke_device(device=device)


def api_keys() -> list[dict[str, Any]]:
    """{"organisation", "scopes", "token"} of the operator, a funder and an actor, with every scope of their hat."""
    with acting(Principal(hat=Hat.OPERATOR)):
        return [_key(one.siret, hat) for one, hat in KEY_HOLDERS if offered_to(hat)]


def _key(siret: str, hat: Hat) -> dict[str, Any]:
    organisation = Organisation.objects.get(siret=siret)
    former = APIKey.objects.live().filter(organisation=organisation, name=NAME).order_by("-created_at")
    for key in list(former)[KEPT - 1 :]:
        revoke_api_key(key=key)
    scopes = [scope.name for scope in offered_to(hat)]
    key, token = create_api_key(organisation=organisation, name=NAME, scopes=scopes, hat=hat)
    return {"organisation": organisation.name, "scopes": key.scopes, "token": token}
