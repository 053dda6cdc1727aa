"""An amount that stands for money leads to « Suivre cet euro » in the space one stands in, and the address answers."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Payout
from aptic.ledger.models import BankBalance
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR

FOLLOWED = re.compile(r'href="(/[^"]*/suivre/[a-z]+/[^"]+/)"')


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
            ("operator_batch", [world.batch.uuid]),
        ],
        "funder": [
            ("funder_home", []), ("funder_campaign", [world.running.pk]), ("funder_orders", []),
            ("funder_order", [world.batch.order_id]), ("funder_batch", [world.batch.uuid]),
            ("funder_report", [world.running.pk]),
        ],
        "actor": [("actor_home", []), ("actor_owed", []), ("actor_payout", [payout.pk])],
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
