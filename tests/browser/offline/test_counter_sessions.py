"""A session without a network: what it took stays its own, though it was closed meanwhile; the day shows what waits."""

import pytest

from aptic.tenancy.principal import acting
from passes import sessions
from passes.models import Redemption, Session
from tests.browser.offline.tablet import Tablet, printed
from tests.factories import OPERATOR
from tests.passes.test_sessions import opened, place, standing
from tests.passes.world import TestTill


@pytest.fixture
def session(till: TestTill) -> Session:
    return opened(till)


@pytest.fixture
def holding(tablet: Tablet, session: Session) -> Tablet:
    """The tablet on the session's page, with all that it needs without a network."""
    tablet.page.goto(f"/guichet/{session.actor_id}/{session.site_id}/seances/{session.pk}/")
    return tablet.is_ready().says("En ligne").look()


def test_a_page_lost_without_a_network_opens_in_its_session_again(holding, session, batch):
    holding.goes_off_line().page.reload()
    holding.reads("Encaisser un pass", "Dans la séance").look().takes(printed(batch)).reads("C’est noté, sans réseau")
    holding.page.close()
    again = Tablet(holding.context.new_page())
    again.page.goto("/guichet/")
    again.reads("Dans la séance").takes(printed(batch, position=2)).reads("C’est noté, sans réseau")
    assert {item["session"] for item in again.items()} == {str(session.pk)}
    again.comes_back().reads("C’est encaissé").follows("Pass suivant").reads(
        "Séance ouverte", "1 personne, 2 pass, 20 €"
    )


def test_who_leaves_the_session_without_a_network_is_outside_of_it(holding, batch):
    holding.goes_off_line().follows("Encaisser").reads("Encaisser un pass", "Plus de réseau")
    assert "Dans la séance" not in holding.page.locator("#till").inner_text()
    holding.takes(printed(batch)).reads("C’est noté, sans réseau")
    assert [item["session"] for item in holding.items()] == [None]


def test_the_app_opened_on_another_day_is_outside_of_yesterdays_session(holding):
    holding.page.evaluate(
        """async () => { for (const name of await caches.keys()) {
             const cache = await caches.open(name);
             const address = document.getElementById("counter").dataset.keepSession;
             const page = await cache.match(address);
             const headers = { "Content-Type": "text/html", Date: new Date(Date.now() - 26 * 3600000).toUTCString() };
             if (page) await cache.put(address, new Response(await page.text(), { headers })); } }"""
    )
    holding.goes_off_line().page.goto("/guichet/")
    holding.reads("Encaisser un pass", "Sans réseau, scannez")
    assert "Dans la séance" not in holding.page.locator("#till").inner_text()


def test_a_closed_session_is_not_kept(holding):
    kept = holding.page.evaluate("document.getElementById('counter').dataset.keepSession")
    holding.presses("Fermer la séance").reads("Séance fermée").is_ready()
    holding.page.wait_for_function("async (kept) => !(await caches.match(kept, { ignoreVary: true }))", arg=kept)
    assert holding.page.request.get(kept).status == 404


def test_a_pass_taken_off_line_in_a_session_is_a_slip_of_it(holding, till, session, batch):
    holding.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    assert [item["session"] for item in holding.items()] == [str(session.pk)]
    with acting(standing(till)):
        sessions.close_session(session_id=session.pk, till=place(till))
    holding.comes_back().reads("C’est encaissé").says("En ligne")
    with acting(OPERATOR):
        assert Redemption.objects.get().session == session.pk
        assert Session.objects.get().closed_at is not None
    holding.page.reload()
    holding.reads("Séance fermée", "1 personne, 1 pass, 10 €")


def test_a_page_that_does_not_come_is_not_passed_off_as_another(tablet, till, batch):
    at = f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    tablet.goes_off_line().page.goto(f"{at}journee/?jour=2026-11-20")
    tablet.reads("Cette page demande le réseau").look()
    assert tablet.page.locator("[data-asked]").get_attribute("href") == f"{at}journee/?jour=2026-11-20"
    tablet.follows("Encaisser un pass").takes(printed(batch)).reads("C’est noté, sans réseau")
    tablet.page.goto(f"{at}entrainement/")
    tablet.reads("L’entraînement demande le réseau", "continue sans réseau").look()
    tablet.comes_back().follows("Réessayer").reads("Entraînement : rien n’est encaissé")
    tablet.follows("Revenir au guichet").says("Tout est envoyé : 1 encaissé.")


def test_the_day_shows_what_waits_on_the_device(tablet, till, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    tablet.page.route("**/api/v1/redemptions/batch/", lambda route: route.abort())
    tablet.comes_back()
    tablet.page.goto(f"/guichet/{till.site.actor_id}/{till.site.pk}/journee/")
    tablet.reads("Sans réseau, sur cet appareil", "1 pass en attente d’envoi", "10 €", "En attente d’envoi")
    tablet.look()
