"""Counter staff: who is « guichet seulement » stands at the sites it is assigned to, and nowhere else."""

import uuid

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.urls import reverse

from actors import sites, staff
from actors.errors import NotAMember
from actors.models import Site, SiteStaff
from aptic.accounts.models import Role
from aptic.accounts.services import remove_member
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from tests.actors.network import commune, make_actor

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def actor():
    return make_actor()


def test_a_scanner_works_where_it_is_assigned_and_others_everywhere(actor):
    scanner, agent = actor.member(Role.SCANNER), actor.member(Role.AGENT)
    with acting(actor.manager.principal):
        second = sites.open_site(actor=actor.organisation, name="B", address="2", commune=commune(), phone="0500000000")
        assert not Site.objects.worked_by(scanner.membership).exists()
        staff.assign(site=second, membership=scanner.membership)
        staff.assign(site=second, membership=scanner.membership)
        assert list(Site.objects.worked_by(scanner.membership)) == [second]
        assert Site.objects.worked_by(agent.membership).count() == 2
        staff.unassign(site=second, membership=scanner.membership)
        staff.unassign(site=second, membership=scanner.membership)
        assert not Site.objects.worked_by(scanner.membership).exists()
        verbs = list(Event.objects.filter(verb__startswith="staff_").values_list("verb", flat=True))
        assert sorted(verbs) == ["staff_assigned", "staff_unassigned"]


def test_a_scanner_opens_its_counter_and_no_other_page(actor, client):
    scanner = actor.member(Role.SCANNER)
    with acting(actor.manager.principal):
        staff.assign(site=actor.site, membership=scanner.membership)
    scanner.log_in(client)
    assert client.get(reverse("counter_home")).status_code == 302
    assert client.get(reverse("counter", args=[actor.organisation.pk, actor.site.pk])).status_code == 200
    assert client.get(reverse("actor_home", args=[actor.organisation.pk])).status_code == 403
    with acting(actor.manager.principal):
        staff.unassign(site=actor.site, membership=scanner.membership)
    assert client.get(reverse("counter", args=[actor.organisation.pk, actor.site.pk])).status_code == 404


def test_only_active_members_of_the_actor_are_assigned(actor):
    other = make_actor()
    stranger, gone = other.member(Role.SCANNER), actor.member(Role.SCANNER)
    with acting(actor.manager.principal):
        remove_member(membership=gone.membership)
        for membership in (stranger.membership, gone.membership):
            with pytest.raises(NotAMember):
                staff.assign(site=actor.site, membership=membership)


def test_only_managers_assign(actor):
    other, scanner = make_actor(), actor.member(Role.SCANNER)
    for person in (actor.member(Role.AGENT), actor.member(Role.FINANCE), scanner, other.manager):
        with acting(person.principal):
            with pytest.raises(NotAllowed):
                staff.assign(site=actor.site, membership=scanner.membership)
            with pytest.raises(NotAllowed):
                staff.unassign(site=actor.site, membership=scanner.membership)


def test_the_database_refuses_a_member_of_somebody_else(actor):
    other = make_actor()
    with acting(actor.manager.principal):
        for membership, site, match in (
            (other.manager.membership.pk, actor.site.pk, "staff_is_member"),
            (actor.manager.membership.pk, other.site.pk, "staff_at_site"),
        ):
            row = SiteStaff(pk=uuid.uuid4(), membership_id=membership, site_id=site, actor=actor.organisation)
            with pytest.raises(IntegrityError, match=match), transaction.atomic():
                row.save(force_insert=True)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        foreign = SiteStaff(membership=other.manager.membership, site=other.site, actor=other.organisation)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            foreign.save(force_insert=True)
