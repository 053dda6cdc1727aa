"""What was noted without a network is undone on its device before it leaves: a line of its own, for all to see."""

from playwright.sync_api import expect

from aptic.tenancy.principal import acting
from passes.models import Redemption
from tests.browser.offline.tablet import printed
from tests.browser.reading.desk import scan
from tests.factories import OPERATOR

GONE = "Plus de réseau : le guichet continue."


def test_what_was_noted_is_undone_and_the_pass_may_be_taken_again(tablet, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau").look()
    tablet.presses("Annuler, c’était une erreur").reads("Encaissement annulé", "le pass reste valable").look().says(
        GONE
    )
    tablet.presses("Voir la liste").reads("Rien n’est à envoyer.", "Encaissé, puis annulé", "Annulation").look()
    tablet.follows("Revenir au guichet").takes(printed(batch)).reads("C’est noté, sans réseau")
    tablet.says(f"{GONE} 1 pass en attente d’envoi.").comes_back().reads("C’est encaissé")
    (sent,) = [item["id"] for item in tablet.items() if item["state"] == "recorded"]
    with acting(OPERATOR):
        assert [str(pk) for pk in Redemption.objects.values_list("pk", flat=True)] == [sent]
    tablet.follows("Journée").reads("Encaissé, puis annulé", "Annulation").look()


def test_a_line_is_undone_from_the_list_and_the_passes_of_one_go_together(tablet, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau").presses("Voir la liste")
    tablet.presses("Annuler cet encaissement").reads("Rien n’est à envoyer.").look().follows("Revenir au guichet")
    scan(tablet.page, printed(batch, position=2))
    tablet.reads("Ce pass est valable")
    scan(tablet.page, printed(batch, position=3))
    tablet.reads("Ces 2 pass sont valables").page.locator("[data-confirm] button").click()
    tablet.reads("C’est noté").presses("Annuler, c’était une erreur").reads("Encaissement annulé", "20 €")
    assert [item["state"] for item in tablet.items()] == ["undone"] * 3


def test_what_may_have_left_is_not_undone_here(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    tablet.page.route("**/encaisser/", lambda route: route.abort("connectionreset"))
    tablet.page.route("**/api/v1/**", lambda route: route.abort("connectionreset"))
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est noté, sans réseau")
    expect(tablet.page.get_by_role("button", name="Annuler")).to_have_count(0)


def test_after_fifteen_minutes_the_device_says_that_it_is_too_late(tablet, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    (item,) = tablet.items()
    tablet.fills_its_queue([{**item, "occurred_at": "2026-01-01T09:00:00Z"}])
    tablet.presses("Annuler, c’était une erreur").reads("Trop tard pour annuler ici").look()
    assert [one["state"] for one in tablet.items()] == ["queued"]
