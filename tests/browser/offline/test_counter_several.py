"""Several passes of one booklet in one go without a network: a line for each, and none leaves the table unsaid."""

import pytest
from playwright.sync_api import expect

from aptic.tenancy.principal import acting
from passes.models import Batch, Redemption
from tests.browser.offline.tablet import Tablet, printed
from tests.browser.reading.desk import scan
from tests.factories import OPERATOR
from tests.passes.world import code_of


@pytest.fixture
def two(tablet: Tablet, batch: Batch) -> Tablet:
    """Two passes of one booklet on the table, and the network has just gone."""
    scan(tablet.page, printed(batch))
    tablet.reads("Ce pass est valable")
    scan(tablet.page, printed(batch, position=2))
    return tablet.reads("Ces 2 pass sont valables").goes_off_line()


def on_the_table(tablet: Tablet) -> list[str]:
    return [one.input_value() for one in tablet.page.locator("#till [data-confirm] [name=code]").all()]


def test_a_third_pass_joins_those_on_the_table_and_each_is_a_line(two, batch):
    scan(two.page, printed(batch, position=3))
    two.reads("Ces 3 pass sont valables", "30 €", "Vérifié sans réseau").look()
    assert on_the_table(two) == [code_of(batch, position=position) for position in (1, 2, 3)]
    scan(two.page, printed(batch, position=2))  # once more: it lies there already
    expect(two.page.locator("#till [data-confirm] [name=code]")).to_have_count(3)
    two.page.locator("[data-confirm] button").click()
    two.reads("C’est noté, sans réseau", "30 €").look()
    assert [item["value"] for item in two.items()] == [1000, 1000, 1000]
    two.comes_back().reads("C’est encaissé")
    with acting(OPERATOR):
        outcomes = list(Redemption.objects.order_by("pass_id").values_list("pass_id", "outcome"))
    assert [(serial & 15, outcome) for serial, outcome in outcomes] == [(n, "accepted") for n in (1, 2, 3)]


def test_a_pass_that_is_refused_leaves_the_others_where_they_are(two, batch):
    scan(two.page, printed(batch, position=0))
    two.reads("Ces 2 pass sont valables", "C’est la couverture du carnet", "Ce qui était affiché reste là").look()
    assert len(on_the_table(two)) == 2
    two.page.wait_for_timeout(500)
    assert two.items() == []


def test_a_pass_of_another_booklet_says_that_it_replaces_them(two, batch):
    scan(two.page, printed(batch, booklet=1))
    two.reads("Ce pass est valable", "Un pass d’un autre carnet a remplacé").look()
    assert on_the_table(two) == [code_of(batch, booklet=1)]


def test_a_code_that_was_typed_leaves_the_table_in_words(tablet, batch):
    tablet.page.locator("#code").fill(code_of(batch))
    tablet.presses("Regarder ce pass").reads("Ce pass est valable").goes_off_line()
    scan(tablet.page, printed(batch, position=2))
    tablet.reads(f"Le pass {code_of(batch)[:7]} n’est plus affiché, et n’a pas été encaissé", "un code tapé").look()
    assert on_the_table(tablet) == [code_of(batch, position=2)]


def test_the_ceiling_counts_what_is_on_the_table(two, batch):
    two.fills_its_queue([
        {"id": f"00000000-0000-4000-8000-{n:012}", "site": two.page.evaluate("counter.dataset.site"), "code": "X",
         "name": "1000000", "serial": 900_000 + n, "service": "aide-aux-demarches-administratives", "value": 100,
         "occurred_at": two.page.evaluate("new Date().toISOString()"), "session": None, "state": "queued"}
        for n in range(18)
    ])  # fmt: skip
    scan(two.page, printed(batch, position=3))
    two.reads("autant de pass qu’il le peut", "Ce qui était affiché reste là")
    assert len(on_the_table(two)) == 2
