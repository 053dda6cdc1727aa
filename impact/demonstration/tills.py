"""The devices of the first actor, on the last day: one at work, one whose link was never opened, one that was lost."""

from datetime import date
from functools import partial

from actors.models import Site
from aptic.accounts.devices import claim_pairing, create_device, revoke_device
from aptic.accounts.models import Device
from impact.demonstration.earning import WHO
from impact.demonstration.stage import Stage


def plan_tills(stage: Stage) -> None:
    """Paired today: a pairing link lives for minutes, by the database's own clock."""
    stage.plan(stage.today, partial(_pair, stage))


def _pair(stage: Stage, day: date) -> None:
    with stage.playing(WHO) as manager:
        first, second, *_ = Site.objects.visible_to(manager).filter(open=True).order_by("created_at", "pk")
        _, token = _device(first, "Tablette du comptoir")
        claim_pairing(token)
        _device(second, "Téléphone de la permanence")
        lost, token = _device(first, "Tablette des ateliers")
        claim_pairing(token)
        revoke_device(device=lost, at=stage.at(day, 9))


def _device(site: Site, name: str) -> tuple[Device, str]:
    return create_device(organisation_id=site.actor_id, site_id=site.pk, name=name)
