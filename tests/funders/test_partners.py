"""Registering funders and distributors, and creating campaigns."""

import pytest
from django.db import IntegrityError, transaction

from aptic.accounts.models import Invitation, Role
from aptic.errors import NotAllowed
from aptic.ledger.models import Purse
from aptic.siret import InvalidSiret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from aptic.territories.errors import UnknownTerritory
from funders import services
from funders.errors import AlreadyFunder, InvalidCampaign, OrganisationKnown
from funders.models import Campaign
from tests.factories import (
    OPERATOR,
    make_campaign,
    make_distributor,
    make_funder,
    make_member,
    make_operator,
    make_siret,
)

pytestmark = pytest.mark.django_db


def register(create=services.create_funder, **more):
    data = {"name": "Ville d’essai", "siret": make_siret(), "commune": None, "email": "", "phone": "",
            "manager_email": "chef@essai.example", **more}  # fmt: skip
    return create(**data)


def test_a_funder_gets_a_purse_and_its_manager_an_invitation():
    with acting(make_operator().principal):
        funder = register()
        assert Purse.objects.get(funder=funder).available_cents == 0
        assert Invitation.objects.get(organisation=funder).role == "manager"


def test_a_known_organisation_gets_one_more_hat():
    siret = make_siret()
    with acting(make_operator().principal):
        first = register(services.create_distributor, siret=siret)
        for stranger in (None, make_funder().organisation.pk):  # not without naming the organisation that is joined
            with pytest.raises(OrganisationKnown), transaction.atomic():
                register(siret=siret, name="Autre nom", joins=stranger)
        second = register(siret=siret, name="Autre nom", joins=first.pk)
        assert first.pk == second.pk
        kept = Organisation.objects.get(pk=first.pk)
        assert (kept.name, kept.is_funder, kept.is_distributor) == ("Ville d’essai", True, True)
        with pytest.raises(AlreadyFunder, match="Ville d’essai"):
            register(siret=siret)


def known_actor():
    with acting(OPERATOR):
        return Organisation.objects.create(name="Atelier connu", siret=make_siret(), is_actor=True)


@pytest.mark.parametrize("create", [services.create_funder, services.create_distributor])
def test_nobody_is_put_at_the_head_of_an_organisation_that_people_run(create):
    actor = known_actor()
    with acting(make_operator().principal):
        joined = register(create, siret=actor.siret, joins=actor.pk)
        assert Invitation.objects.filter(organisation=joined).count() == 1  # nobody ran it
    other = known_actor()
    make_member(other, Hat.ACTOR, Role.MANAGER)
    with acting(make_operator().principal):
        register(create, siret=other.siret, joins=other.pk)
        assert not Invitation.objects.filter(organisation=other).exists()


def test_a_wrong_siret_registers_nobody():
    with acting(make_operator().principal):
        with pytest.raises(InvalidSiret):
            register(siret="12345678901234")
        assert not Organisation.objects.filter(name="Ville d’essai").exists()


def test_only_the_operator_registers():
    for member in (make_funder(), make_distributor()):
        with acting(member.principal), pytest.raises(NotAllowed):
            register()


def test_a_campaign_opens_with_its_funders_line():
    funder = make_funder("Département des essais")
    campaign = make_campaign(funder, territories=["epci:243300316", "epci:243300316"], services=[2])
    with acting(funder.principal):
        line = campaign.lines.select_related("account").get()
        assert (line.source, line.account.guarded_cents) == ("Département des essais", 0)
        assert services.add_funding_line(campaign=campaign, source=" FSE+ ").source == "FSE+"
        with pytest.raises(InvalidCampaign):
            services.add_funding_line(campaign=campaign, source=" ")
    assert campaign.territories == ["epci:243300316"]
    assert campaign.services == [2, 104, 105, 106]


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"territories": ["commune:99999"]}, UnknownTerritory),
        ({"territories": ["nowhere"]}, UnknownTerritory),
        ({"services": [77]}, InvalidCampaign),
        ({"name": " "}, InvalidCampaign),
        ({"face_value_cents": 0}, InvalidCampaign),
    ],
)
def test_impossible_terms_are_refused(terms, refusal):
    with pytest.raises(refusal):
        make_campaign(**terms)


def test_a_stranger_creates_nothing_for_a_funder():
    funder, stranger = make_funder(), make_funder()
    campaign = make_campaign(funder)
    with acting(stranger.principal):
        with pytest.raises(NotAllowed):
            services.add_funding_line(campaign=campaign, source="X")
        with pytest.raises(NotAllowed):
            services.create_campaign(
                funder=funder.organisation, name="X", starts_on=campaign.starts_on, ends_on=campaign.ends_on,
                face_value_cents=1000,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"ends_on": "2000-01-01"}, "campaign_dates"),
        ({"face_value_cents": 99}, "campaign_face_value"),
        ({"passes_per_booklet": 7}, "campaign_booklet_size"),
        ({"passes_per_day": 0}, "campaign_daily_limit"),
        ({"state": "lost"}, "campaign_state_known"),
    ],
)
def test_the_database_refuses_an_impossible_campaign(change, constraint):
    funder = make_funder()
    campaign = make_campaign(funder)
    with acting(funder.principal), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(**change)


def test_the_database_refuses_a_line_of_another_tenants_campaign():
    mine, theirs = make_funder(), make_funder()
    campaign, other = make_campaign(mine), make_campaign(theirs)
    with acting(mine.principal), pytest.raises(IntegrityError, match="line_campaign_of_funder"), transaction.atomic():
        campaign.lines.update(campaign_id=other.pk)
