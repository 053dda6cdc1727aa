"""An actor's counters: opened where it has a place, described, closed for a reason."""

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from actors import sites
from actors.errors import AnotherTerritory, ClosedByOperator, NotInState, ReasonMissing, UnknownService
from actors.models import Site
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from qualification.errors import CapMissing, CapReached
from qualification.models import Qualification
from tests.actors.network import commune, make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.world import LIBOURNAIS, LIBOURNE, accept_elsewhere, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def open_one(actor, code="33039", **more):
    data = {"name": "Permanence", "address": "2 rue", "commune": commune(code), "phone": "0500000000", **more}
    return sites.open_site(actor=actor.organisation, **data)


def test_an_actor_opens_a_site_in_its_territory():
    actor = make_actor()
    with acting(actor.member(Role.AGENT).principal):
        site = open_one(actor, services=[2, 1])
        assert (site.open, site.services, site.territories[0]) == (True, [1, 2], "commune:33039")
        assert site.latitude == commune().latitude
        assert Event.objects.filter(verb="site_opened", object_id=str(site.pk)).exists()


def test_another_territory_is_asked_of_the_operator_who_looks_at_its_cap():
    actor, operator = make_actor(), make_operator()
    with acting(actor.manager.principal), pytest.raises(AnotherTerritory, match="pas de place"):
        open_one(actor, LIBOURNE)
    with acting(operator.principal), pytest.raises(CapMissing):
        open_one(actor, LIBOURNE)
    set_cap(1, LIBOURNAIS)
    with acting(operator.principal):
        open_one(actor, LIBOURNE)
        assert Qualification.objects.filter(actor_id=actor.organisation.pk, territory_id=LIBOURNAIS).exists()
    with acting(actor.manager.principal):
        open_one(actor, LIBOURNE)  # it has its place there now


def test_a_full_territory_refuses_the_operator_too():
    actor = make_actor()
    accept_elsewhere()
    with acting(make_operator().principal), pytest.raises(CapReached):
        open_one(actor, LIBOURNE)
    with acting(OPERATOR):
        assert Site.objects.filter(actor=actor.organisation).count() == 1


def test_a_site_does_not_move_to_another_territory_by_itself():
    actor = make_actor()
    with acting(actor.manager.principal):
        with pytest.raises(AnotherTerritory):
            sites.edit_site(site=actor.site, commune=commune(LIBOURNE))
        moved = sites.edit_site(site=actor.site, commune=commune(), name="Ailleurs")
        assert (moved.territories[0], moved.latitude) == ("commune:33039", commune().latitude)
        assert moved.search_key == "ailleurs"
        event = Event.objects.get(verb="site_edited")
        assert set(event.fields) == {"commune", "name"}


def test_editing_nothing_leaves_no_trace():
    actor = make_actor()
    with acting(actor.manager.principal):
        sites.edit_site(site=actor.site, name=actor.site.name)
        assert not Event.objects.filter(verb="site_edited").exists()


def test_a_service_that_nobody_knows_is_refused():
    actor = make_actor()
    with acting(actor.manager.principal):
        for work in (lambda: open_one(actor, services=[999]), lambda: sites.edit_site(site=actor.site, services=[0])):
            with pytest.raises(UnknownService):
                work()


def test_closing_says_why_and_opens_again():
    actor = make_actor()
    with acting(actor.manager.principal):
        with pytest.raises(ReasonMissing):
            sites.close_site(site=actor.site, reason=" ")
        sites.close_site(site=actor.site, reason="Travaux.")
        assert (actor.site.open, actor.site.closed_reason, actor.site.closed_by_operator) == (False, "Travaux.", False)
        with pytest.raises(NotInState):
            sites.close_site(site=actor.site, reason="Encore.")
        sites.reopen_site(site=actor.site)
        assert (actor.site.open, actor.site.closed_reason) == (True, "")
        with pytest.raises(NotInState):
            sites.reopen_site(site=actor.site)


def test_what_the_operator_closed_only_the_operator_opens():
    actor, operator = make_actor(), make_operator()
    with acting(operator.principal):
        sites.close_site(site=actor.site, reason="Adresse introuvable.")
    with acting(actor.manager.principal), pytest.raises(ClosedByOperator):
        sites.reopen_site(site=actor.site)
    with acting(operator.principal):
        sites.reopen_site(site=actor.site)


def test_only_the_actors_people_touch_its_sites():
    actor, other = make_actor(), make_actor()
    people = (other.manager, actor.member(Role.FINANCE), actor.member(Role.SCANNER), make_funder())
    for person in people:
        with acting(person.principal):
            for work in (
                lambda: open_one(actor),
                lambda: sites.edit_site(site=actor.site, name="À moi"),
                lambda: sites.close_site(site=actor.site, reason="Fermez."),
                lambda: sites.reopen_site(site=actor.site),
            ):
                with pytest.raises(NotAllowed):
                    work()


def test_the_database_holds_the_rules_of_sites():
    actor, other = make_actor(), make_actor()
    with acting(other.manager.principal):
        assert not Site.objects.filter(pk=actor.site.pk).update(name="À moi")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Site.objects.create(
                actor=actor.organisation, name="Faux", address="1", commune=commune(), phone="0500000000"
            )
    with acting(actor.manager.principal):
        for wrong in ({"open": False}, {"closed_reason": "Rien"}, {"closed_by_operator": True}):
            with pytest.raises(IntegrityError, match="site_closed_for_a_reason"), transaction.atomic():
                Site.objects.filter(pk=actor.site.pk).update(**wrong)
