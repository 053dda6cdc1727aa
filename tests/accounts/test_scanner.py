"""The counter's role: it redeems at the sites of its organisation, and reaches nothing else of it."""

import pytest
from django.test import Client

from actors.staff import assign, unassign
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes.models import Redemption
from tests.accounts.people import log_in, of
from tests.accounts.test_log_in import fill
from tests.factories import OPERATOR, Member, make_member
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till
from tests.test_consistency import addresses

pytestmark = pytest.mark.pg15


@pytest.fixture
def till(db: None) -> TestTill:
    return make_till()


@pytest.fixture
def scanner(till: TestTill) -> Member:
    member = make_member(till.site.actor, Hat.ACTOR, Role.SCANNER)
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        assign(site=till.site, membership=member.membership)
    return member


@pytest.fixture
def client(scanner: Member) -> Client:
    inside = Client()
    log_in(inside, of(scanner))
    return inside


def test_logging_in_leads_to_the_counter(client, till):
    assert client.get("/espace/").url == "/guichet/"
    answer = client.get("/guichet/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def test_it_redeems_there(client, till):
    code, counter = code_of(make_batch()), f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    assert client.post(counter, {"code": code}).status_code == 200
    sent = client.post(f"{counter}encaisser/", {"code": code, "service": first_service().pk}, follow=True)
    assert sent.status_code == 200
    with acting(OPERATOR):
        assert Redemption.objects.accepted().filter(site_id=till.site.pk).count() == 1


def test_every_other_address_of_the_organisation_is_refused(client, till):
    tried = 0
    for route, _ in addresses():
        if not route.startswith("acteur/<uuid:organisation>/"):
            continue
        answer = client.get("/" + fill(route, till.site.actor))
        assert answer.status_code in (403, 405), route
        tried += 1
    assert tried > 8


def test_it_stands_only_where_it_was_placed(client, till, scanner):
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        unassign(site=till.site, membership=scanner.membership)
    assert client.get(f"/guichet/{till.site.actor_id}/{till.site.pk}/").status_code == 404
    assert client.get("/guichet/").status_code == 200  # says what to do, and names no site
    assert till.site.name not in client.get("/guichet/").content.decode()


def test_it_is_not_found_at_another_organisations_counter(client):
    other = make_till()
    assert client.get(f"/guichet/{other.site.actor_id}/{other.site.pk}/").status_code == 404
