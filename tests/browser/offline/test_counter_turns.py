"""Taps and scans that come while an answer is on its way: each pass is taken once, and nothing said covers another."""

from playwright.sync_api import Route, expect

from aptic.tenancy.principal import acting
from passes.models import Redemption
from tests.browser.offline.tablet import printed
from tests.factories import OPERATOR
from tests.passes.world import code_of

TWICE = (
    """() => { const form = document.querySelector("[data-confirm]"); form.requestSubmit(); form.requestSubmit(); }"""
)
POLL = """() => {
  const till = document.getElementById("till");
  till.insertAdjacentHTML("beforeend", `<p id="polls" hx-get="${location.pathname}" hx-trigger="every 100ms"></p>`);
  htmx.process(till);
}"""
TAKE = "() => document.querySelector('[data-confirm]').requestSubmit()"


def taken() -> list[str]:
    with acting(OPERATOR):
        return list(Redemption.objects.values_list("outcome", flat=True))


def test_a_double_tap_without_a_network_notes_the_pass_once(tablet, batch):
    tablet.goes_off_line().scans(printed(batch)).reads("Ce pass est valable").page.evaluate(TWICE)
    tablet.reads("C’est noté, sans réseau").says("Plus de réseau : le guichet continue. 1 pass en attente d’envoi.")
    tablet.page.wait_for_timeout(500)  # what a second answer would have covered it by
    tablet.reads("C’est noté, sans réseau")
    assert len(tablet.items()) == 1


def test_a_pass_read_while_another_is_taken_waits_for_the_answer(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    requests: list[str] = []
    held: list[Route] = []
    tablet.page.on("request", lambda request: requests.append(f"{request.method} {request.url.split('/')[-2]}"))
    tablet.page.route("**/encaisser/", lambda route: held.append(route))
    tablet.page.evaluate(TWICE)
    tablet.scans(printed(batch, position=2))
    tablet.page.wait_for_timeout(300)
    assert [each for each in requests if each.startswith("POST")] == ["POST encaisser"]
    held[0].continue_()
    shown = tablet.page.locator("#till [data-confirm] [name=code]")
    expect(shown).to_have_value(code_of(batch, position=2))  # and it alone
    tablet.reads("Ce pass est valable")
    assert taken() == ["accepted"]
    assert requests.count("POST encaisser") == 1


def test_a_take_without_an_answer_is_noted_although_its_form_has_left_the_page(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    held: list[Route] = []
    tablet.page.route("**/encaisser/", lambda route: held.append(route))
    tablet.page.evaluate(TAKE)
    tablet.page.evaluate("() => document.querySelector('[data-confirm]').remove()")
    tablet.page.wait_for_timeout(100)
    held[0].abort("connectionreset")
    tablet.reads("C’est encaissé")  # noted, and sent under the same attempt
    assert taken() == ["accepted"]
    assert len(tablet.items()) == 1


def test_a_form_that_opens_a_page_says_that_it_needs_the_network(tablet, batch):
    tablet.follows("Séances").reads("Ouvrir la séance").goes_off_line().presses("Ouvrir la séance")
    tablet.reads("Il faut le réseau pour cela")


def test_what_asks_by_itself_says_nothing_without_a_network(tablet, batch):
    tablet.goes_off_line().says("Plus de réseau : le guichet continue.").page.evaluate(POLL)
    tablet.page.wait_for_timeout(500)
    expect(tablet.page.locator("#till #polls")).to_have_count(1)
    expect(tablet.page.locator("#till [data-notice]")).to_have_count(0)
