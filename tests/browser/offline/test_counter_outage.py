"""The end of a long outage: 500 passes go up at once, each with its verdict, none lost or doubled, whoever dies."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Request, Route, expect

from aptic.tenancy.principal import acting
from passes import codes
from passes.models import Batch, Redemption
from tests.browser.offline.tablet import Server, Tablet, printed
from tests.busy import timed
from tests.factories import OPERATOR
from tests.passes.world import SLUG, in_circulation, make_batch

PASSES = 500
SECONDS = 5  # on a machine of its own
BATCH = "/api/v1/redemptions/batch/"


@pytest.fixture
def many(fresh_database: Any) -> Batch:
    return make_batch(booklets=PASSES // 10)


def taken(many: Batch, tablet: Tablet) -> list[dict[str, Any]]:
    """What the tablet would hold after an outage in which it took every pass of the batch."""
    at, site = tablet.page.evaluate("[new Date().toISOString(), counter.dataset.site]")
    serials = [
        (many.first_booklet + booklet) << 4 | position for booklet in range(PASSES // 10) for position in range(1, 11)
    ]
    return [
        {
            "id": str(uuid.uuid4()), "site": site, "code": codes.encode(serial, many.code_key),
            "name": codes.short(serial, many.code_key), "serial": serial, "service": SLUG, "value": 1000,
            "occurred_at": at, "session": None, "state": "queued",
        }
        for serial in serials
    ]  # fmt: skip


def every_pass_is_taken_once(many: Batch, items: list[dict[str, Any]]) -> None:
    with acting(OPERATOR):
        stored = list(Redemption.objects.filter(batch=many).values_list("pk", "pass_id", "outcome"))
    assert sorted((str(pk), serial) for pk, serial, _ in stored) == sorted((i["id"], i["serial"]) for i in items)
    assert {outcome for *_, outcome in stored} == {"accepted"}
    assert in_circulation(many) == 0


def test_an_outage_of_500_passes_is_sent_in_five_seconds(tablet, many):
    items = taken(many, tablet)
    tablet.goes_off_line().says("Plus de réseau : le guichet continue.").fills_its_queue(items)
    with timed() as sending:
        tablet.comes_back().says(f"Tout est envoyé : {PASSES} encaissés.", seconds=60)
    figure = f"{sending.seconds:.2f} s, waiting for a core {sending.factor:.2f} times"
    print(f"\n{PASSES} passes sent in {figure}")  # noqa: T201 - the figure that the promise is about
    every_pass_is_taken_once(many, items)
    assert all(item["verdict"]["status"] == 201 and "code" not in item for item in tablet.items())
    assert sending.quiet() <= SECONDS


def test_none_is_lost_or_doubled_when_the_server_dies_in_the_middle(server: Server, tablet, many):
    items = taken(many, tablet)
    tablet.goes_off_line().says("Plus de réseau : le guichet continue.").fills_its_queue(items)
    at_the_second(tablet, server.kill)
    with tablet.page.expect_event("requestfailed", lambda request: request.url.endswith(BATCH), timeout=60_000):
        tablet.comes_back()
    expect(tablet.line).to_contain_text("Plus de réseau", timeout=30_000)
    server.start()
    tablet.says(f"Tout est envoyé : {PASSES} encaissés.", seconds=90)
    every_pass_is_taken_once(many, items)


def test_none_is_lost_or_doubled_when_the_tab_dies_in_the_middle(tablet, many):
    items = taken(many, tablet)
    tablet.goes_off_line().says("Plus de réseau : le guichet continue.").fills_its_queue(items)
    with tablet.page.expect_event("close", timeout=60_000):
        at_the_second(tablet, tablet.page.close)
        tablet.comes_back()
    again = Tablet(tablet.context.new_page())
    again.page.goto("/guichet/")
    again.says(f"Tout est envoyé : {PASSES} encaissés.", seconds=90)
    every_pass_is_taken_once(many, items)


def at_the_second(tablet: Tablet, accident: Callable[[], None]) -> None:
    """Let `accident` happen while the second batch is on its way, once."""
    seen: list[Request] = []

    def watch(request: Request) -> None:
        if request.url.endswith(BATCH):
            seen.append(request)
            if len(seen) == 2:
                accident()

    tablet.page.on("request", watch)


def waits_a_minute(tablet: Tablet, batch: Batch) -> None:
    tablet.page.clock.fast_forward(60_000)


def takes_another(tablet: Tablet, batch: Batch) -> None:
    tablet.takes(printed(batch, position=2)).reads("C’est encaissé")


def presses_send(tablet: Tablet, batch: Batch) -> None:
    tablet.presses("Voir la liste").presses("Envoyer maintenant")


def drops_and_returns(tablet: Tablet, batch: Batch) -> None:
    tablet.goes_off_line().says("Plus de réseau : le guichet continue. 1 pass en attente d’envoi.").comes_back()


@pytest.mark.parametrize("then", [waits_a_minute, takes_another, presses_send, drops_and_returns])
def test_a_line_that_the_server_broke_on_is_sent_again(tablet, batch, then):
    """By itself after 5 and 15 seconds, then each minute; sooner when a pass is taken, by a button, by the network."""
    calls: list[Route] = []

    def breaks_three_times(route: Route) -> None:
        calls.append(route)
        route.fulfill(status=500) if len(calls) <= 3 else route.continue_()

    tablet.page.clock.install()
    tablet.page.reload()
    tablet.says("En ligne").page.route(f"**{BATCH}", breaks_three_times)
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    with tablet.page.expect_response(f"**{BATCH}"):
        tablet.comes_back()
    for seconds in (5, 15):
        tablet.says("En ligne. 1 pass en attente d’envoi.")
        with tablet.page.expect_response(f"**{BATCH}"):
            tablet.page.clock.fast_forward(seconds * 1000)
    tablet.says("En ligne. 1 pass en attente d’envoi.")
    then(tablet, batch)
    expect(tablet.line).to_have_text(re.compile(r"^(En ligne|Tout est envoyé.*)$"))
    assert [item["verdict"]["status"] for item in tablet.items()] == [201]
    assert len(calls) == 4
