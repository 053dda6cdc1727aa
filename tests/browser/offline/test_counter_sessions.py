"""A session without a network: what it took stays its own, though it was closed meanwhile; the day shows what waits."""

from aptic.tenancy.principal import acting
from passes import sessions
from passes.models import Redemption, Session
from tests.browser.offline.tablet import printed
from tests.factories import OPERATOR
from tests.passes.test_sessions import opened, place, standing


def test_a_pass_taken_off_line_in_a_session_is_a_slip_of_it(tablet, till, batch):
    session = opened(till)
    base = f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    tablet.page.goto(f"{base}seances/{session.pk}/")
    tablet.is_ready().says("En ligne").look()
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    assert [item["session"] for item in tablet.items()] == [str(session.pk)]
    with acting(standing(till)):
        sessions.close_session(session_id=session.pk, till=place(till))
    tablet.comes_back().reads("C’est encaissé").says("En ligne")
    with acting(OPERATOR):
        assert Redemption.objects.get().session == session.pk
        assert Session.objects.get().closed_at is not None
    tablet.page.goto(f"{base}seances/{session.pk}/")
    tablet.reads("Séance fermée", "1 personne, 1 pass, 10 €")


def test_the_day_shows_what_waits_on_the_device(tablet, till, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")
    tablet.page.route("**/api/v1/redemptions/batch/", lambda route: route.abort())
    tablet.comes_back()
    tablet.page.goto(f"/guichet/{till.site.actor_id}/{till.site.pk}/journee/")
    tablet.reads("En attente sur cet appareil", "1 pass en attente d’envoi", "10 €", "En attente d’envoi")
    tablet.look()
