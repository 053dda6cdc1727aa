"""An amount that stands for money leads to « Suivre cet euro » in the space one stands in, and the address answers."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Payout
from aptic.ledger.models import BankBalance
from aptic.tenancy.principal import acting
from impact.tasks import publish_counters
from passes.models import Redemption
from tests.factories import OPERATOR
from tests.impact.world import build
from tests.passes.world import code_of, make_batch

FOLLOWED = re.compile(r'href="(/[^"]*/suivre/[a-z]+/[^"]+/)"')
TITLED = re.compile(r'href="([^"]*)" title="Suivre cet euro"')


def addresses(world, space):
    """Every page of a space that shows money of the small world."""
    with acting(OPERATOR):
        payout = Payout.objects.filter(settlement=world.run_3, actor=world.club[0].site.actor_id).get()
        statement = BankBalance.objects.filter(funder=world.south.organisation).first()
    pages = {
        "operator": [
            ("operator_home", []), ("operator_funder", [world.south.organisation.pk]),
            ("operator_bank_balances", []), ("operator_bank_balance", [statement.pk]),
            ("operator_settlement", [world.run_3.pk]), ("operator_payout", [payout.pk]),
            ("operator_batch", [world.batch.uuid]), ("operator_trace", ["funder", str(world.north.organisation.pk)]),
        ],
        "funder": [
            ("funder_home", []), ("funder_campaign", [world.running.pk]), ("funder_orders", []),
            ("funder_order", [world.batch.order_id]), ("funder_batch", [world.batch.uuid]),
            ("funder_report", [world.running.pk]), ("funder_trace", ["campaign", str(world.running.pk)]),
        ],
        "actor": [
            ("actor_home", []), ("actor_owed", []), ("actor_payouts", []), ("actor_payout", [payout.pk]),
            ("actor_trace", ["actor", str(world.club[0].site.actor_id)]),
        ],
    }  # fmt: skip
    member = {"operator": world.first, "funder": world.south, "actor": world.people[world.club[0].site.actor_id]}[space]
    return member, [reverse(name, args=[member.organisation.pk, *args]) for name, args in pages[space]]


@pytest.mark.parametrize("space", ["operator", "funder", "actor"])
def test_amounts_lead_somewhere_that_answers(world, space):
    member, pages = addresses(world, space)
    client = member.log_in(Client())
    prefix = reverse(f"{space}_home", args=[member.organisation.pk])
    found = set()
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        links = set(FOLLOWED.findall(answer.content.decode()))
        assert links, f"{page}: no amount leads anywhere"
        assert all(link.startswith(prefix) for link in links), page
        found |= links
    for link in sorted(found):
        answer = client.get(link, follow=True)
        assert answer.status_code == 200, link
        assert "Le chemin" in answer.content.decode()


@pytest.mark.parametrize("space", ["operator", "funder", "actor"])
def test_a_trail_leads_to_its_own_tables(world, space):
    """An amount that adds up a level of the chain leads to the table that lists it, which is there."""
    member, pages = addresses(world, space)
    client = member.log_in(Client())
    trails = [page for page in pages if "/suivre/" in page]
    trails += sorted({link for page in pages for link in FOLLOWED.findall(client.get(page).content.decode())})
    for page in trails:
        body = client.get(page, follow=True).content.decode()
        tables = {link[1:] for link in TITLED.findall(body) if link.startswith("#")}
        missing = {name for name in tables if f'id="{name}"' not in body}
        assert not missing, (page, missing)


def test_amounts_of_a_receipt_lead_to_what_became_of_them(world):
    """At the counter, to the trail of that one pass; `test_counter_trace.py` says for whom, and what does not exist."""
    desk = world.club[0]
    client = world.people[desk.site.actor_id].log_in(Client())
    mine = [made for made, *_, actor in world.redeemed if actor.pk == desk.site.actor_id]
    with acting(OPERATOR):
        here = Redemption.objects.live().filter(pk__in=mine, site=desk.site).values_list("pk", flat=True)
        made = list(here)
    assert made
    for redemption in made:
        place = [desk.site.actor_id, desk.site.pk, redemption]
        # The whole of what was taken in one go, then each pass of it when there are several.
        links = TITLED.findall(client.get(reverse("counter_done", args=place)).content.decode())
        assert links[0] == reverse("counter_trace", args=place)
        assert {client.get(link).status_code for link in links} == {200}


def test_public_amounts_lead_to_a_step_of_the_public_trail(fresh_database, client):
    build()
    publish_counters()
    trail = client.get(reverse("public_trail")).content.decode()
    for page in ("/", "/transparence/"):
        body = client.get(page).content.decode()
        links = [link for link in re.findall(r'href="([^"]+)"', body) if "/suivre/" in link and "#" in link]
        assert len(links) >= 3, page
        for link in links:
            path, _, step = link.partition("#")
            assert path == reverse("public_trail")
            assert f'id="{step}"' in trail, link


def test_what_is_left_on_a_booklet_leads_there_and_the_link_says_nothing_of_it(db, client):
    batch = make_batch()
    code = code_of(batch)
    for answer in (client.get(f"/p/{code}"), client.post("/solde/", {"code": code})):
        assert TITLED.findall(answer.content.decode()) == [f"{reverse('public_trail')}#circulation"]
