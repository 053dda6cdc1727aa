"""An actor with its first site and its people, as qualification makes them."""

from dataclasses import dataclass
from typing import Any

from actors.models import Site
from aptic.accounts.models import Role
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from aptic.territories.models import Commune
from tests.factories import OPERATOR, Member, make_member
from tests.qualification.world import accept, set_cap

IBAN = "FR7630006000011234567890189"


@dataclass
class Network:
    """One actor in Bordeaux and its manager."""

    organisation: Organisation
    site: Site
    manager: Member

    def member(self, role: str = Role.AGENT, **more: Any) -> Member:
        """One more person of the actor."""
        return make_member(self.organisation, Hat.ACTOR, role, **more)


def make_actor(cap: int = 50, **more: Any) -> Network:
    """A qualified actor."""
    set_cap(cap)
    organisation = accept(**more)
    with acting(OPERATOR):
        site = Site.objects.get(actor=organisation)
    return Network(organisation, site, make_member(organisation, Hat.ACTOR))


def commune(code: str = "33039") -> Commune:
    """Bègles, in the same territory as Bordeaux, unless another is asked for."""
    return Commune.objects.get(pk=code)
