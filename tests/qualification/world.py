"""Applications and caps for tests, made by the services."""

import itertools
from typing import Any

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from qualification import caps, services
from qualification.models import Application
from tests.factories import make_operator, make_siret

_serial = itertools.count(1)
BORDEAUX, LIBOURNE = "33063", "33243"
METROPOLE, LIBOURNAIS = "epci:243300316", "epci:200070092"


def apply(**more: Any) -> Application:
    """An application for a site in Bordeaux, by somebody without an account, unless `more` says otherwise."""
    commune = more.pop("commune", BORDEAUX)
    number = next(_serial)
    answers = {
        "organisation_name": f"Association d’essai {number}",
        "siret": make_siret(),
        "contact_name": "Camille Essai",
        "email": f"candidature-{number}@essai.example",
        "phone": "0500000000",
        "site_name": f"Lieu d’essai {number}",
        "site_address": "1 rue de l’Essai",
        "commune": Commune.objects.get(pk=commune),
        "services": [1, 2],
        **more,
    }
    with acting(Principal(hat=Hat.PUBLIC)):
        return services.apply(**answers)


def set_cap(cap: int, territory: str = METROPOLE, **more: Any) -> None:
    """A cap, set by the operator."""
    with acting(make_operator().principal):
        caps.set_cap(territory=territory, cap=cap, **more)


def accept_elsewhere() -> Organisation:
    """An actor of Libourne, which fills its territory."""
    set_cap(1, LIBOURNAIS)
    return accept(commune=LIBOURNE)


def accept(application: Application | None = None, **more: Any) -> Organisation:
    """The actor of an accepted application (a new one unless given), with a first site."""
    application = application or apply(**more)
    with acting(make_operator().principal):
        accepted = services.accept(application=application)
    assert accepted.organisation is not None
    return accepted.organisation
