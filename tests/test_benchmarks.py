"""What `make bench` measures: no page of the network is forgotten, and nothing that is a page passes for an action."""

import re
import uuid

from django.test import Client

from benchmarks import page_list
from tests.factories import make_operator
from tests.test_consistency import addresses

FILLED = {"uuid": str(uuid.uuid4()), "int": "1", "str": "x", "slug": "x"}


def test_every_page_of_the_network_has_its_line():
    assert sorted(page_list.unlisted()) == [], "name it in benchmarks/page_list.py"
    assert sorted(page_list.gone()) == [], "no such address any more"


def test_a_page_that_nobody_listed_is_told(monkeypatch):
    monkeypatch.delitem(page_list.PAGES, "operator_ratios")
    assert page_list.unlisted() == {"operator_ratios"}


def test_a_page_that_is_gone_is_told(monkeypatch):
    monkeypatch.setitem(page_list.PAGES, "operator_yesterday", page_list.Page(page_list.OPERATOR))
    assert page_list.gone() == {"operator_yesterday"}


def test_what_is_called_an_action_only_takes_a_form(db):
    client = make_operator().log_in(Client())
    routes = {pattern.name: route for route, pattern in addresses() if pattern.name in page_list.ACTIONS}
    assert routes.keys() == page_list.ACTIONS
    for name, route in routes.items():
        path = "/" + re.sub(r"<(\w+):\w+>", lambda hole: FILLED[hole[1]], route)
        assert client.get(path).status_code == 405, name
