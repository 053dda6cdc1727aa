"""What `make bench` measures: no page of the network is forgotten, and nothing that is a page passes for an action."""

import re
import uuid
from collections import Counter

from django.test import Client

from benchmarks import page_list, redeem
from benchmarks.load import Result
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


def test_a_redeem_is_told_beside_the_floor_of_the_same_run():
    def result(per_second: float, p50: float) -> Result:
        return Result(per_second=per_second, p50=p50, p99=42, count=1, statuses=Counter({201: 1}))

    floor = {"alone": result(700, 1.3), "many": result(1499, 9), "cpu": 1.19}
    told = redeem.rows(floor, alone=result(300, 2.48), many=result(718, 20), cpu=2.53, batches=result(60, 30))
    assert told[0][1] == "1499/s, 1.19 ms CPU"
    assert told[1][1] == "718/s (0.48 × the floor), 2.53 ms CPU (2.13 ×), p99 42 ms"
    assert told[2][1] == "2.48 ms, 1.91 ×"
