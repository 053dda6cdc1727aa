"""Coverage of Gironde, from sites made for the purpose: communes, territories, thresholds."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from actors.models import Actor, Site
from aptic.errors import NotAllowed
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from impact import coverage
from impact.coverage_rules import Needs
from impact.errors import ThresholdsInvalid
from impact.measuring import measure_all
from impact.models import CommuneAccess, Coverage, TerritoryRatio, Thresholds
from qualification.models import Round
from tests.factories import OPERATOR, make_funder, make_operator, make_siret

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
BORDEAUX, LESPARRE, LACANAU = "33063", "33240", "33214"
METROPOLE, GIRONDE = "epci:243300316", "departement:33"


def make_site(commune=BORDEAUX, *, services=(1, 2, 4), hours="Le lundi", actor=None, **more):
    """An open site of a qualified actor, without the services that would ask for caps."""
    with acting(OPERATOR):
        if actor is None:
            actor = Organisation.objects.create(name="Acteur d’essai", is_actor=True, siret=make_siret())
            Actor.objects.create(organisation=actor, qualified_at=timezone.now())
        home = Commune.objects.get(pk=commune)
        return Site.objects.create(
            actor=actor, name="Lieu", address="1", commune=home, phone="-", hours=hours, services=list(services), **more
        )


def measure():
    with acting(OPERATOR):
        measure_all(at=timezone.now())


def row(key):
    with acting(OPERATOR):
        return Coverage.objects.get(pk=key)


def test_inhabitants_are_near_or_far_from_a_site():
    make_site()
    measure()
    with acting(OPERATOR):
        access = {one.commune_id: one for one in CommuneAccess.objects.all()}
        assert len(access) == Commune.objects.count()
    assert access[BORDEAUX].nearest_km == pytest.approx(0, abs=0.01)
    assert (access[BORDEAUX].sites, access[BORDEAUX].services) == (1, [1, 2, 4])
    assert access[LESPARRE].nearest_km > 50
    assert (access[LESPARRE].sites, access[LESPARRE].services) == (0, [])
    inside, whole = row(METROPOLE), row(GIRONDE)
    assert inside.near_population / inside.population > 0.95
    assert inside.mean_km < 8 < whole.mean_km
    assert (whole.sites, whole.actors, whole.hours_known) == (1, 1, 1)
    assert whole.far_population > 0
    with acting(make_funder().principal):
        assert Coverage.objects.count() > 20  # everybody may read where help is


def test_a_round_brings_help_to_the_communes_it_declares():
    site = make_site()
    measure()
    with acting(OPERATOR):
        epci = f"epci:{Commune.objects.get(pk=LESPARRE).epci_id}"
    before = row(epci)
    with acting(OPERATOR):
        Round.objects.create(site=site, actor=site.actor, commune_id=LESPARRE, declared_at=timezone.now())
    measure()
    after = row(epci)
    assert (before.sites, after.sites) == (0, 1)
    assert before.near_population < after.near_population
    assert row(GIRONDE).sites == 1  # the same site, once


def test_closed_sites_and_suspended_actors_are_no_help():
    make_site(open=False, closed_reason="Travaux", closed_at=timezone.now())
    suspended = make_site()
    with acting(OPERATOR):
        Actor.objects.filter(pk=suspended.actor_id).update(state="suspended", suspended_at=timezone.now())
    measure()
    assert (row(GIRONDE).sites, row(GIRONDE).missing, row(GIRONDE).operational) == (0, ["no_site"], False)


def test_a_territory_becomes_operational_when_nothing_is_missing():
    first = make_site(hours="")
    measure()
    assert row(METROPOLE).missing == ["actors", "sites", "hours"]
    for _ in range(30):
        make_site(actor=first.actor)
    make_site()
    measure()
    assert row(METROPOLE).operational, row(METROPOLE).missing
    assert row(METROPOLE).room_cents == 50_000_00


def test_an_actor_is_counted_once_over_all_the_territories_where_it_stands():
    first = make_site()
    make_site(LACANAU, actor=first.actor)
    elsewhere = make_site(LESPARRE, actor=first.actor)
    measure()
    assert row(METROPOLE).actors == row(GIRONDE).actors == 1
    assert (row(METROPOLE).room_cents, row(GIRONDE).room_cents) == (8_000_00, 25_000_00)  # a third, the whole
    with acting(OPERATOR):  # a site on its rounds is shared by the communes where it goes, its own among them
        for commune in (BORDEAUX, LESPARRE):
            Round.objects.create(site=elsewhere, actor=first.actor, commune_id=commune, declared_at=timezone.now())
    measure()
    assert (row(METROPOLE).room_cents, row("france").room_cents) == (12_000_00, 25_000_00)  # a third and a sixth


def test_what_is_ordered_leaves_less_room():
    make_site()
    with acting(OPERATOR):
        TerritoryRatio.objects.create(
            territory=METROPOLE, stock_cents=0, earned_cents=0, actors=1, starving=0, overloaded=0,
            forecast_cents=4_000_00, ordered_cents=9_000_00, ordered_forecast_cents=6_000_00,
            computed_at=timezone.now(),
        )  # fmt: skip
        coverage.measure_territories(at=timezone.now())
    assert row(METROPOLE).room_cents == 15_000_00


def test_an_older_service_counts_as_the_one_it_lies_under():
    make_site(services=[101])
    measure()
    assert set(row(METROPOLE).services) <= set(range(1, 10))
    assert row(METROPOLE).services


def test_thresholds_are_versioned_and_judge_at_once():
    make_site()
    measure()
    easy = Needs(near_percent=10, mean_km=60, actors=1, inhabitants_per_site=10_000_000, hours_percent=0, services=())
    with acting(make_operator().principal):
        with pytest.raises(ThresholdsInvalid):
            coverage.set_thresholds(needs=easy, reason=" ")
        made = coverage.set_thresholds(needs=easy, reason="Premiers pas.")
        assert (made.version, Thresholds.objects.count()) == (2, 2)
        assert Thresholds.objects.get(pk=1).near_percent == 80
    assert (row(METROPOLE).operational, row(METROPOLE).version) == (True, 2)
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal), pytest.raises(NotAllowed):
            coverage.set_thresholds(needs=easy, reason="Non.")


def test_the_database_holds_versions_and_readers():
    def broken(sql, match):
        with (
            pytest.raises((IntegrityError, ProgrammingError), match=match),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)

    with acting(OPERATOR):
        broken("UPDATE impact_thresholds SET near_percent = 1", "permission denied")
        broken("DELETE FROM impact_thresholds", "permission denied")
        broken("INSERT INTO impact_thresholds SELECT 9, 101, 1, 1, 1, 1, '{}', 'x', now(), NULL", "thresholds_sound")
    with acting(make_funder().principal):
        broken("INSERT INTO impact_thresholds SELECT 9, 1, 1, 1, 1, 1, '{}', 'x', now(), NULL", "row-level security")
