"""Rounds: an itinerant site counts in the communes it declares, under their caps."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from actors.errors import AnotherTerritory
from actors.models import Site
from actors.sites import close_site, edit_site, reopen_site
from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, acting
from aptic.territories.models import Commune
from qualification import caps, errors
from qualification.models import Cap, Qualification, Round
from qualification.rounds import declare_round
from tests.factories import OPERATOR, make_funder, make_member, make_operator
from tests.qualification.world import LIBOURNAIS, LIBOURNE, accept, accept_elsewhere, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
BEGLES = "33039"


@pytest.fixture
def site():
    set_cap(3)
    actor = accept()
    with acting(OPERATOR):
        return Site.objects.select_related("actor", "commune").get(actor=actor)


def communes(*codes):
    return list(Commune.objects.filter(pk__in=codes))


def held(site):
    with acting(OPERATOR):
        places = Qualification.objects.filter(actor_id=site.actor_id, until=None)
        return sorted(places.values_list("territory", flat=True))


def test_the_operator_gives_the_places_that_a_round_needs(site):
    set_cap(1, LIBOURNAIS)
    set_cap(2, f"commune:{LIBOURNE}")
    with acting(make_operator().principal):
        declare_round(site=site, communes=communes(BEGLES, LIBOURNE))
        assert set(Round.objects.values_list("commune", flat=True)) == {BEGLES, LIBOURNE}
    assert LIBOURNAIS in held(site)
    assert f"commune:{LIBOURNE}" in held(site)
    with acting(make_operator().principal):
        assert caps.idle_places(site.actor.actor) == []
        declare_round(site=site, communes=[])
        assert sorted(caps.idle_places(site.actor.actor)) == [f"commune:{LIBOURNE}", LIBOURNAIS]
        assert Cap.objects.get(pk=LIBOURNAIS).qualified == 1  # kept until the operator gives it back


def test_a_place_of_a_round_is_given_back_after_it_and_a_closed_site_opens_without_it_no_more(site):
    set_cap(1, LIBOURNAIS)
    member = make_member(site.actor, Hat.ACTOR, Role.MANAGER)
    given = {"actor": site.actor, "reason": "Plus de tournée.", "territories": [LIBOURNAIS]}
    with acting(make_operator().principal):
        declare_round(site=site, communes=communes(LIBOURNE))
        with pytest.raises(errors.PlaceInUse):
            caps.release_places(**given)
    with acting(member.principal):
        close_site(site=site, reason="Travaux.")
    with acting(make_operator().principal):
        assert caps.release_places(**given) == 1
    with acting(member.principal), pytest.raises(AnotherTerritory):
        reopen_site(site=site)  # it would go to Libourne without a place there
    with acting(member.principal):
        declare_round(site=site, communes=[])
        reopen_site(site=site)


def test_a_full_territory_refuses_the_whole_round(site):
    accept_elsewhere()
    with acting(make_operator().principal):
        with pytest.raises(errors.CapReached):
            declare_round(site=site, communes=communes(BEGLES, LIBOURNE))
        assert not Round.objects.exists()


def test_an_actor_goes_where_it_has_its_place_and_no_further(site):
    member = make_member(site.actor, Hat.ACTOR, Role.MANAGER)
    with acting(member.principal):
        assert len(declare_round(site=site, communes=communes(BEGLES))) == 1
        with pytest.raises(AnotherTerritory):
            declare_round(site=site, communes=communes(LIBOURNE))
    with acting(make_operator().principal), pytest.raises(errors.CapMissing):
        declare_round(site=site, communes=communes(LIBOURNE))
    set_cap(1, LIBOURNAIS)
    with acting(member.principal), pytest.raises(AnotherTerritory):
        declare_round(site=site, communes=communes(LIBOURNE))
    for other in (make_funder(), make_member(site.actor, Hat.ACTOR, Role.SCANNER)):
        with acting(other.principal), pytest.raises(NotAllowed):
            declare_round(site=site, communes=[])


def test_a_new_cap_counts_those_who_come_on_their_rounds(site):
    with acting(OPERATOR):
        Round.objects.create(site=site, actor=site.actor, commune_id=LIBOURNE, declared_at=timezone.now())
    set_cap(1, LIBOURNAIS)
    assert LIBOURNAIS in held(site)


def test_a_round_is_of_a_site_of_its_actor(site):
    with acting(OPERATOR), pytest.raises(IntegrityError, match="round_of_site"), transaction.atomic():
        Round.objects.create(
            site=site, actor=make_operator().organisation, commune_id=LIBOURNE, declared_at=timezone.now()
        )


def test_a_round_is_written_on_its_page(client, site):
    member = make_member(site.actor, Hat.ACTOR, Role.MANAGER)
    member.log_in(client)
    address = reverse("actor_round", args=[site.actor_id, site.pk])
    assert client.post(address, {"communes": "Bègles\n33130 Bègles\n\n"}).status_code == 302
    assert "Bègles (33130)" in client.get(address).content.decode()
    assert "à corriger" in client.post(address, {"communes": "Nulle part"}).content.decode()
    assert "pas de place dans ce territoire" in client.post(address, {"communes": "Libourne"}).content.decode()
    operator = make_operator()
    set_cap(1, LIBOURNAIS)
    operator.log_in(client)
    mine = reverse("operator_round", args=[operator.organisation.pk, site.pk])
    assert client.post(mine, {"communes": "Libourne\nBègles"}).status_code == 302
    assert LIBOURNAIS in held(site)


def helps(site):
    """What the database says, whatever the object in memory remembers."""
    with acting(OPERATOR):
        return Site.objects.values_list("territories", flat=True).get(pk=site.pk)


def test_a_site_helps_where_its_round_goes_and_no_more_once_it_stops(site):
    set_cap(2, LIBOURNAIS)
    home = site.commune.keys()
    with acting(make_operator().principal):
        declare_round(site=site, communes=communes(BEGLES, LIBOURNE))
        there = [f"commune:{BEGLES}", f"commune:{LIBOURNE}", LIBOURNAIS]
        assert helps(site) == site.territories == [*home, *there]  # its own first, and nothing twice
        edit_site(site=site, phone="0500000001")
        assert helps(site) == [*home, *there]
        kept = Site.objects.select_related("commune").get(pk=site.pk)
        kept.save()
        assert kept.territories == helps(site) == [*home, *there]
        declare_round(site=site, communes=[])
        assert helps(site) == site.territories == home


def test_whoever_writes_a_round_or_a_site_its_territories_are_true(site):
    """Statements of their own: neither a manager's nor the owner's may say that a site helps elsewhere."""
    home = site.commune.keys()
    manager = make_member(site.actor, Hat.ACTOR, Role.MANAGER)
    with acting(manager.principal):
        Site.objects.filter(pk=site.pk).update(territories=["departement:75"])
        assert helps(site) == home
        here = Round.objects.create(site=site, actor=site.actor, commune_id=BEGLES, declared_at=timezone.now())
    assert helps(site) == [*home, f"commune:{BEGLES}"]
    with acting(manager.principal):
        Round.objects.filter(pk=here.pk).update(commune_id=LIBOURNE)
    assert helps(site) == [*home, f"commune:{LIBOURNE}", LIBOURNAIS]
    with acting(OPERATOR):
        Site.objects.filter(pk=site.pk).update(commune_id=LIBOURNE)
    assert helps(site) == Commune.objects.get(pk=LIBOURNE).keys()  # where it goes is where it is
    with acting(OPERATOR):
        Round.objects.all().delete()
        Site.objects.filter(pk=site.pk).update(commune_id=site.commune_id)
    assert helps(site) == home
