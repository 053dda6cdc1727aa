"""Taps and scans that come while an answer is on its way: each pass is taken once, and nothing said covers another."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Route, expect

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from impact.models import Observation
from passes.models import Redemption
from tests.browser.offline.tablet import Tablet, printed
from tests.busy import timed
from tests.factories import OPERATOR, make_member
from tests.passes.world import code_of

TWICE = (
    """() => { const form = document.querySelector("[data-confirm]"); form.requestSubmit(); form.requestSubmit(); }"""
)
POLL = """() => {
  const till = document.getElementById("till");
  till.insertAdjacentHTML("beforeend", `<p id="polls" hx-get="${location.pathname}" hx-trigger="every 100ms"></p>`);
  htmx.process(till);
}"""
LATENCY = 0.6  # seconds
FIVE_SECONDS = 5.0  # from the answer to three taps stored
SLOW = {"offline": False, "latency": LATENCY * 1000, "downloadThroughput": -1, "uploadThroughput": -1}
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


def leaves_while_it_is_taken(tablet: Tablet, accident: Callable[[Route], object]) -> str:
    """Touch « Encaisser », then a link of the menu before the answer; the id of the attempt."""
    attempt = tablet.page.locator("[data-confirm] [name=attempt]").input_value()
    with tablet.page.expect_request("**/encaisser/"):
        tablet.page.route("**/encaisser/", accident)
        tablet.page.evaluate(TAKE)
    tablet.page.wait_for_timeout(300)  # the server may do it meanwhile, and nobody hears of it
    tablet.follows("Journée").page.unroute("**/encaisser/")
    return attempt


@pytest.mark.parametrize("accident", [lambda route: None, lambda route: route.fetch()], ids=["lost", "done"])
def test_a_page_left_while_a_pass_is_taken_asks_again_under_the_same_attempt(tablet, batch, accident):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    attempt = leaves_while_it_is_taken(tablet, accident)
    tablet.says("Tout est envoyé : 1 encaissé.").presses("Voir la liste").reads("Encaissé")
    assert taken() == ["accepted"]
    assert [item["id"] for item in tablet.items()] == [attempt]


def test_the_counter_opened_again_shows_what_became_of_the_pass(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    with tablet.page.expect_request("**/encaisser/"):
        tablet.page.route("**/encaisser/", lambda route: None)
        tablet.page.evaluate(TAKE)
    tablet.page.close()
    again = Tablet(tablet.context.new_page())
    again.page.goto("/guichet/")
    again.reads("C’est encaissé").look()
    assert taken() == ["accepted"]


def test_a_typed_pass_of_a_page_that_was_left_is_asked_again_in_words(tablet, batch):
    tablet.page.locator("#code").fill(code_of(batch))
    tablet.presses("Regarder ce pass").reads("Ce pass est valable")
    attempt = leaves_while_it_is_taken(tablet, lambda route: route.fetch())
    tablet.follows("Réglages").follows("Encaisser", exact=True).reads("On ne sait pas si c’est encaissé").look()
    tablet.presses("Redemander").reads("C’est encaissé")
    with acting(OPERATOR):
        assert [str(one.pk) for one in Redemption.objects.all()] == [attempt]
    tablet.follows("Encaisser", exact=True).reads("Encaisser un pass")


def test_a_person_who_leaves_while_a_pass_is_taken_is_told_in_the_same_tab(open_tablet, server, till, batch):
    desk, agent = open_tablet(), make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    value = agent.log_in(Client()).cookies[settings.SESSION_COOKIE_NAME].value
    desk.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": server.address}])
    desk.page.goto("/guichet/")
    desk.says("En ligne").scans(printed(batch)).reads("Ce pass est valable")
    leaves_while_it_is_taken(desk, lambda route: route.fetch())
    desk.follows("Encaisser", exact=True).reads("On ne sait pas si c’est encaissé")
    desk.presses("Redemander").reads("C’est encaissé")
    assert taken() == ["accepted"]
    kept = desk.page.evaluate("[localStorage, sessionStorage].flatMap((each) => Object.keys(each))")
    assert not [name for name in kept if name.startswith("aptic-asked")]


def test_a_form_that_opens_a_page_says_that_it_needs_the_network(tablet, batch):
    tablet.follows("Séances").reads("Ouvrir la séance").goes_off_line().presses("Ouvrir la séance")
    tablet.reads("Il faut le réseau pour cela")


def test_what_asks_by_itself_says_nothing_without_a_network(tablet, batch):
    tablet.goes_off_line().says("Plus de réseau : le guichet continue.").page.evaluate(POLL)
    tablet.page.wait_for_timeout(500)
    expect(tablet.page.locator("#till #polls")).to_have_count(1)
    expect(tablet.page.locator("#till [data-notice]")).to_have_count(0)


def taps(tablet: Tablet, group: str, answer: str) -> None:
    tablet.page.get_by_role("group", name=group).get_by_label(answer).check()


def noted(tablet: Tablet) -> tuple[str, str, str]:
    """Before, after and referred, as soon as all three are stored."""
    for _ in range(100):
        with acting(OPERATOR):
            stored = Observation.objects.values_list("before", "after", "referred").first()
        if stored and all(stored):
            break
        tablet.page.wait_for_timeout(50)
    assert stored
    return stored


def test_an_effect_is_noted_in_five_seconds_on_a_slow_network_while_the_next_pass_comes(tablet, batch):
    tablet.takes(printed(batch)).reads("C’est encaissé")
    with timed() as noting:
        network = tablet.context.new_cdp_session(tablet.page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW)
        tablet.page.get_by_text("L’effet de cette aide, en cinq secondes").click()
        for group, answer in (("Avant l’aide", "Ne sait pas faire"), ("Après l’aide", "Fait sans aide")):
            taps(tablet, group, answer)
            tablet.page.wait_for_timeout(400)  # as fast as a finger goes
        taps(tablet, "Une autre structure", "Non")
        tablet.page.get_by_role("link", name="Pass suivant").click()
        expect(tablet.page.locator("#code")).to_be_focused()
        stored = noted(tablet)
    print(f"\nthree answers stored {noting.seconds:.2f} s after the answer")  # noqa: T201 - the figure of the promise
    assert stored == ("helped", "alone", "no")
    assert noting.quiet(idle=0.8 + 2 * LATENCY) <= FIVE_SECONDS


def test_answers_are_noted_whole_although_the_next_pass_came_first(tablet, batch):
    tablet.takes(printed(batch)).reads("C’est encaissé")
    held: list[Route] = []
    tablet.page.route("**/effet/**", lambda route: route.continue_() if held else held.append(route))
    tablet.page.get_by_text("L’effet de cette aide, en cinq secondes").click()
    for group in ("Avant l’aide", "Après l’aide"):
        taps(tablet, group, "Fait sans aide")
    taps(tablet, "Une autre structure", "Oui")
    expect(tablet.page.get_by_text("C’est noté.")).to_have_count(0)
    tablet.page.get_by_role("link", name="Pass suivant").click()
    tablet.scans(printed(batch, position=2)).reads("Ce pass est valable")
    held[0].continue_()
    assert noted(tablet) == ("alone", "alone", "yes")
    tablet.reads("Ce pass est valable").look()
