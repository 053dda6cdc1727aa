"""What a hub reads of actors: state, sites, the band of their ratio; amounts only while they consent."""

from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone

from actors.models import Actor
from aptic.tenancy.principal import Hat, Principal, acting
from impact.hub import own_ratio
from impact.models import ActorRatio, Band, HubActor, TerritoryRatio
from impact.ratio_rules import RATIO_HIGH_CENTS, RATIO_LOW_CENTS
from qualification.models import Round
from tests.factories import OPERATOR, make_funder
from tests.impact.test_coverage import LESPARRE, make_site
from tests.qualification.hubs import (
    GIRONDE,
    LIBOURNAIS,
    METROPOLE,
    consent,
    earned,
    make_hub,
    manager_of,
    take_back,
    touched,
    withdraw,
)

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def seen(hub):
    with acting(hub.principal):
        return {one.pk: one for one in HubActor.objects.all()}


def test_actors_with_an_open_site_in_the_territory():
    first = make_site()
    make_site(actor=first.actor)
    make_site("33243", actor=first.actor)  # Libourne: another territory
    closed = make_site(open=False, closed_reason="Travaux", closed_at=timezone.now())
    suspended, removed = make_site(), make_site()
    with acting(OPERATOR):
        Actor.objects.filter(pk=suspended.actor_id).update(state="suspended", suspended_at=timezone.now())
        Actor.objects.filter(pk=removed.actor_id).update(
            state="removed", removed_at=timezone.now(), removal_reason="Cessation"
        )
    found = seen(make_hub(METROPOLE))
    assert found.keys() == {first.actor_id, suspended.actor_id}
    assert (found[first.actor_id].sites, found[first.actor_id].state) == (2, "qualified")
    assert found[suspended.actor_id].state == "suspended"
    assert seen(make_hub(LIBOURNAIS)).keys() == {first.actor_id}
    assert seen(make_hub(GIRONDE))[first.actor_id].sites == 3
    assert closed.actor_id not in found


def test_a_round_brings_an_actor_into_the_territory():
    site = make_site()
    hub = make_hub(f"commune:{LESPARRE}")
    assert seen(hub) == {}
    with acting(OPERATOR):
        Round.objects.create(site=site, actor=site.actor, commune_id=LESPARRE, declared_at=timezone.now())
    assert seen(hub)[site.actor_id].sites == 1


@pytest.mark.parametrize(
    ("cents", "alert", "band"),
    [
        (None, "", Band.UNKNOWN),
        (0, "new", Band.NEW),
        (RATIO_LOW_CENTS - 1, "starving", Band.UNDER),
        (RATIO_LOW_CENTS, "", Band.WITHIN),
        (RATIO_HIGH_CENTS, "", Band.WITHIN),
        (RATIO_HIGH_CENTS + 1, "overloaded", Band.ABOVE),
    ],
)
def test_bands_have_the_bounds_of_the_ratio(cents, alert, band):
    site = make_site()
    if cents is not None:
        earned(site.actor, cents, alert=alert)
    row = seen(make_hub())[site.actor_id]
    assert (row.band, row.consented, row.earned_cents, row.forecast_cents) == (band.value, False, None, None)
    with acting(manager_of(site.actor).principal) as principal:  # the actor reads the same band of itself
        mine = own_ratio(principal)
        assert (mine.band if mine else "") == band.value


def test_amounts_live_and_die_with_the_actors_consent():
    site, other, hub = make_site(), make_site(), make_hub()
    for one in (site, other):
        earned(one.actor, 18_000_00)
    manager = manager_of(site.actor)
    consent(manager, hub)
    row = seen(hub)[site.actor_id]
    assert (row.consented, row.earned_cents, row.forecast_cents) == (True, 18_000_00, 9_000_00)
    assert seen(hub)[other.actor_id].earned_cents is None
    assert seen(make_hub())[site.actor_id].earned_cents is None  # for that hub, and no other
    withdraw(manager, hub)
    assert seen(hub)[site.actor_id].earned_cents is None
    consent(manager, hub)
    take_back(hub)
    assert seen(hub) == {}


def test_no_amount_is_anywhere_else_for_a_hub_nor_found_by_halves():
    site, hub = make_site(), make_hub()
    earned(site.actor, 18_000_00)
    with acting(hub.principal):
        for model in (ActorRatio, TerritoryRatio):
            assert touched(f"SELECT * FROM {model._meta.db_table}") == 0
        assert not HubActor.objects.filter(earned_cents__gte=0).exists()
        assert not HubActor.objects.filter(earned_cents__lt=10**12).exists()
        with connection.cursor() as cursor:
            # The bounds are the function's own: it takes no argument by which to look for an amount.
            cursor.execute("SELECT pronargs FROM pg_proc WHERE proname = 'impact_hub_actors'")
            assert cursor.fetchall() == [(0,)]


def test_the_view_answers_to_a_hub_that_acts_as_one_and_to_nobody_else():
    make_site()
    hub = make_hub()
    assert len(seen(hub)) == 1
    for principal in (Principal(), OPERATOR, make_funder().principal, replace(hub.principal, hat=Hat.ACTOR)):
        with acting(principal):
            assert not HubActor.objects.exists(), principal
