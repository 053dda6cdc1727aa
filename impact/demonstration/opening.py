"""The first day: the operator, the funders, the distributors, and their people."""

from datetime import datetime

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from funders.partners import create_distributor, create_funder
from impact.demonstration import cast
from impact.demonstration.people import create_person
from impact.demonstration.stage import Stage

DEPARTEMENT = "33"


def open_scheme(stage: Stage) -> None:
    """The operator first: it registers everybody else."""
    at = stage.at(stage.first_day, 9)
    with acting(Principal(hat=Hat.OPERATOR)):
        operator = cast.INSTITUTIONS[0]
        row = Organisation.objects.create(
            name=operator.name,
            siret=operator.siret,
            commune=commune(operator.commune),
            email=operator.email,
            phone=operator.phone,
            is_operator=True,
        )
        hire(stage, operator.key, row)
    with stage.playing("claire.bonnet"):
        for partner in (*cast.INSTITUTIONS[1:], *cast.DISTRIBUTORS):
            hire(stage, partner.key, _register(partner, at))


def hire(stage: Stage, key: str, organisation: Organisation) -> None:
    """Give an organisation its people of the cast."""
    stage.organisations[key] = organisation
    for person in cast.people_of(key):
        stage.people[person.key] = create_person(person, organisation)


def commune(name: str) -> Commune:
    """A commune of the département by its name."""
    return Commune.objects.get(departement_id=DEPARTEMENT, name=name)


def _register(partner: cast.Organisation, at: datetime) -> Organisation:
    create = create_funder if partner.hat == Hat.FUNDER else create_distributor
    first = next(person for person in cast.PEOPLE if person.organisation == partner.key)
    return create(
        name=partner.name,
        siret=partner.siret,
        commune=commune(partner.commune),
        email=partner.email,
        phone=partner.phone,
        manager_email=first.email,
        at=at,
    )
