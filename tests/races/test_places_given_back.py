"""Real connections: no site stands open where its actor's place was given back meanwhile, whichever comes first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from actors.errors import AnotherTerritory
from actors.models import Site
from actors.sites import close_site, edit_site, open_site, reopen_site
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from qualification import caps, errors
from qualification.models import Qualification
from qualification.rounds import declare_round
from tests.factories import OPERATOR, make_member, make_operator
from tests.qualification.world import LIBOURNAIS, LIBOURNE, accept, set_cap
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15
STANDS = {"name": "Second lieu", "address": "2 rue de l’Essai", "phone": "0500000000"}


def opens(first: Site, closed: Site, there: Commune) -> Any:
    return open_site(actor=first.actor, commune=there, **STANDS)


def reopens(first: Site, closed: Site, there: Commune) -> Any:
    return reopen_site(site=closed)


def moves(first: Site, closed: Site, there: Commune) -> Any:
    return edit_site(site=first, commune=there)


def goes_round(first: Site, closed: Site, there: Commune) -> Any:
    return declare_round(site=first, communes=[there])


@pytest.fixture(params=[opens, reopens, moves, goes_round], ids=lambda verb: verb.__name__)
def verb(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """What makes a site help in Libourne."""
    return request.param


@pytest.fixture
def world(fresh_database: Any) -> tuple[Site, Site, Commune, Principal, Principal]:
    """An actor of Bordeaux with an idle place in Libourne: its open site, its closed one there, two principals."""
    set_cap(2)
    set_cap(1, LIBOURNAIS)
    actor, operator = accept(), make_operator()
    manager = make_member(actor, Hat.ACTOR, Role.MANAGER)
    with acting(operator.principal):
        first, there = Site.objects.select_related("actor").get(actor=actor), Commune.objects.get(pk=LIBOURNE)
        closed = open_site(actor=actor, commune=there, **STANDS)
        close_site(site=closed, reason="Travaux.")
        caps.take_places(actor=actor, sites=[there.keys()], at=timezone.now())
        Site.objects.filter(pk=closed.pk).update(closed_by_operator=False)
    return first, closed, there, manager.principal, operator.principal


def test_a_place_under_a_site_that_opens_meanwhile_is_kept(
    world: Any, verb: Any, fresh_database: Any, together: Any
) -> None:
    *places, manager, operator = world

    def opens_first() -> Any:
        with acting(manager):
            return verb(*places)

    _, answer = overlapped(fresh_database, together, opens_first, lambda: _release(places[0], operator))
    assert isinstance(answer, errors.PlaceInUse)
    check_no_site_without_its_place()


def test_a_site_finds_no_place_that_was_given_back_meanwhile(
    world: Any, verb: Any, fresh_database: Any, together: Any
) -> None:
    *places, manager, operator = world

    def opens_later() -> Any:
        with acting(manager):
            return verb(*places)

    released, answer = overlapped(fresh_database, together, lambda: _release(places[0], operator), opens_later)
    assert not isinstance(released, Exception)
    assert isinstance(answer, AnotherTerritory)
    check_no_site_without_its_place()


def _release(site: Site, operator: Principal) -> Any:
    with acting(operator):
        return caps.release_places(actor=site.actor, reason="Vide.", territories=[LIBOURNAIS])


def check_no_site_without_its_place() -> None:
    with acting(OPERATOR):
        held = set(Qualification.objects.filter(until=None).values_list("territory", flat=True))
        helped = {key for site in Site.objects.filter(open=True) for key in site.territories}
        assert LIBOURNAIS not in helped or LIBOURNAIS in held
